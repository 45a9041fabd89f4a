#include "lab/torture/shape.h"

namespace sni::torture {

std::string_view to_string(Rule rule) {
    switch (rule) {
        case Rule::must_pass:
            return "must_pass";
        case Rule::must_refuse:
            return "must_refuse";
        case Rule::either:
            break;
    }
    return "either";
}

std::string_view to_string(Names names) {
    switch (names) {
        case Names::target:
            return "target";
        case Names::other:
            return "other";
        case Names::nobody:
            return "nobody";
        case Names::anybody:
            break;
    }
    return "anybody";
}

std::string_view to_string(Then then) {
    switch (then) {
        case Then::answer:
            return "answer";
        case Then::half_close:
            return "half_close";
        case Then::end_later:
            return "end_later";
        case Then::reset:
            return "reset";
        case Then::reset_now:
            return "reset_now";
        case Then::stall:
            break;
    }
    return "stall";
}

Buffer Shape::wire() const {
    Buffer all;
    for (const Segment& segment : segments) {
        all.insert(all.end(), segment.bytes.begin(), segment.bytes.end());
    }
    return all;
}

}  // namespace sni::torture
