// One function for each kind: the fields of a document into its struct. manifest.cpp has the table
// that calls them.
#pragma once

#include "lab/manifest/fields.h"
#include "lab/manifest/manifest.h"

namespace sni::manifest {

// `document` is the whole document, whose apiVersion, kind and metadata are read already.
using Reader = void (*)(Fields& document, Meta meta, Manifest& into);

void read_namespace(Fields& document, Meta meta, Manifest& into);
void read_secret(Fields& document, Meta meta, Manifest& into);
void read_service(Fields& document, Meta meta, Manifest& into);
void read_deployment(Fields& document, Meta meta, Manifest& into);

void read_gateway(Fields& document, Meta meta, Manifest& into);
void read_virtual_service(Fields& document, Meta meta, Manifest& into);

}  // namespace sni::manifest
