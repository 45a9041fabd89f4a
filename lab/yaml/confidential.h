// Which documents nobody may quote from, told by their text alone.
#pragma once

#include <string_view>

namespace sni::yaml {

/// True for a document that is a Secret, has one inside, or has a key or certificate in it (PEM);
/// where its text leaves that open, too, since a document that cannot be read has secrets as well.
/// One that plainly says another kind may speak of Secrets: a Gateway's certificateRefs do.
bool is_confidential(std::string_view document);

}  // namespace sni::yaml
