#include "lab/report/page.h"

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/report/junit.h"

namespace sni::report {

namespace {

constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--paper:#fff;--card:#f6f8fa;--edge:#d0d7de;
--good:#1a7f37;--bad:#b4232c;--open:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9aa4af;--paper:#0d1117;--card:#161b22;
--edge:#30363d;--good:#4ac26b;--bad:#ff7b72;--open:#e3b341}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}
p{margin:.4rem 0}.dim{color:var(--dim)}.pass{color:var(--good)}.fail{color:var(--bad)}
.missing{color:var(--open)}.info{color:var(--dim)}
table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid var(--edge)}
th{font-weight:600}
summary{cursor:pointer}
)";

}  // namespace

std::string safe(std::string_view text) {
    return escape_xml(printable(text));
}

std::string page(std::string_view title, std::string_view style, std::string_view body) {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<title>{}</title>\n<style>{}{}</style></head>\n<body>\n{}</body>\n</html>\n",
        safe(title), kPageStyle, style, body);
}

}  // namespace sni::report
