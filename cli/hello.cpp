// sni-lab hello: one shape of torture, for whoever wants to look at it or send it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/output.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/torture/generator.h"
#include "lab/torture/show/explain.h"
#include "lab/torture/show/pcap.h"

namespace sni::cli {

namespace {

struct ShapeFlags {
    std::string shape;
    std::string sni = "httpbin.example.com";
    std::uint64_t seed = torture::kSeed;
    bool hex = false;
    bool explain = false;
    std::filesystem::path pcap;
};

torture::Shape named_shape(const ShapeFlags& flags) {
    std::vector<std::string> names;
    for (torture::Shape& shape : torture::all_shapes(name_to_send(flags.sni), flags.seed)) {
        if (shape.name == flags.shape) return std::move(shape);
        names.push_back(shape.name);
    }
    const auto near = nearest(flags.shape, names);
    refuse(fmt::format("no shape is called \"{}\"", printable(flags.shape)),
           near ? fmt::format("try {}", *near) : "sni-lab torture --list shows all");
}

/// Sixteen bytes a line, as they are sent, and when.
std::string to_lines(const torture::Shape& shape) {
    std::string text = fmt::format("{}: {}\n{}, {}; {}\n", shape.name, printable(shape.about),
                                   to_string(shape.rule), shape.source,
                                   shape.segments.size() == 1
                                       ? "in one segment"
                                       : fmt::format("in {} segments", shape.segments.size()));
    std::size_t at = 0;
    for (const torture::Segment& segment : shape.segments) {
        if (segment.pause.count() > 0) text += fmt::format("-- {} ms\n", segment.pause.count());
        constexpr std::size_t kWidth = 16;
        for (std::size_t from = 0; from < segment.bytes.size(); from += kWidth) {
            const Bytes line =
                Bytes(segment.bytes).subspan(from, std::min(kWidth, segment.bytes.size() - from));
            std::string readable;
            for (const char c : as_text(line)) {
                readable += c >= ' ' && c <= '~' ? c : '.';
            }
            text += fmt::format("{:06x}  {:<32}  {}\n", at + from, to_hex(line), readable);
        }
        at += segment.bytes.size();
    }
    return text + fmt::format("then: {}\n", to_string(shape.then));
}

Exit run_hello(const ShapeFlags& flags, Streams io) {
    certs::clear_output(flags.pcap);
    const torture::Shape shape = named_shape(flags);
    if (!flags.pcap.empty()) {
        print_document(flags.pcap, torture::to_pcap(shape), io.out);
    } else if (flags.explain) {
        io.out << torture::explain(shape);
    } else if (flags.hex) {
        io.out << to_hex(shape.wire()) << '\n';
    } else {
        io.out << to_lines(shape);
    }
    return Exit::yes;
}

}  // namespace

void add_hello_command(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<ShapeFlags>();
    CLI::App* cmd = add_command(app, "hello", "Print one of torture's shapes, segment by segment");
    cmd->add_option("--shape", flags->shape, "Its name; sni-lab torture --list shows all")
        ->required()
        ->type_name("NAME");
    cmd->add_option("--sni", flags->sni, "Name that it is for (default: " + flags->sni + ")")
        ->type_name("NAME");
    cmd->add_option("--seed", flags->seed, "As torture takes it (default: 1)")
        ->transform(whole_number(0, 4'294'967'295))
        ->type_name("N");
    CLI::Option* hex =
        cmd->add_flag("--hex", flags->hex, "Only its bytes, in hex, as xxd -r -p takes them");
    CLI::Option* explain = cmd->add_flag("--explain", flags->explain,
                                         "Field by field, with the place where it is wrong");
    cmd->add_option("--pcap", flags->pcap,
                    "Write it as a capture of one TCP connection, for Wireshark; - for stdout")
        ->excludes(hex)
        ->excludes(explain)
        ->type_name("FILE|-");
    hex->excludes(explain);
    cmd->footer("Example: sni-lab hello --shape rec/2-records-mid-sni");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_hello(*flags, io); }; });
}

}  // namespace sni::cli
