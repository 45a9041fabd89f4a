#include "cli/patient_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace cli_patient_input_test {

using namespace sni;
using cli::PatientInput;

namespace {

constexpr std::chrono::milliseconds kPatience{50};

/// A pipe by the name that a shell's <(…) would have, with what was written into it.
class NamedPipe {
  public:
    explicit NamedPipe(std::string_view text) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        out_ = net::Descriptor(ends[0]);
        in_ = net::Descriptor(ends[1]);
        REQUIRE(::write(in_.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    std::string name() const { return fmt::format("/proc/self/fd/{}", out_.fd()); }
    void finish() { in_ = net::Descriptor(); }

  private:
    net::Descriptor out_;
    net::Descriptor in_;
};

template <class Call>
std::string refusal(Call call) {
    try {
        call();
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::usage);
        CHECK(failure.diagnostics().front().hint == "a hint");
        return failure.diagnostics().front().why;
    }
    return "taken";
}

}  // namespace

TEST_CASE("what a file begins with is still to be read", "[cli]") {
    const test::TempFolder folder;
    const std::string text = "# a comment\n\n{\"first\": 1}\nrest";
    test::spill(folder / "log", text);
    PatientInput input((folder / "log").string(), kPatience, "a hint");
    CHECK(input.begin() == text);
    CHECK(input.read(1'000) == text);
}

TEST_CASE("a pipe is read to its end, and its beginning needs a whole line that says something",
          "[cli]") {
    NamedPipe pipe("# a comment\nfirst\nsec");
    PatientInput input(pipe.name(), kPatience, "a hint");
    CHECK(input.begin() == "# a comment\nfirst\nsec");
    pipe.finish();
    CHECK(input.read(1'000) == "# a comment\nfirst\nsec");
}

TEST_CASE("a dash is stdin", "[cli]") {
    NamedPipe pipe("a line\nmore");
    const net::Descriptor pipe_end(::open(pipe.name().c_str(), O_RDONLY | O_CLOEXEC));
    const net::Descriptor before(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    REQUIRE(::dup2(pipe_end.fd(), STDIN_FILENO) == STDIN_FILENO);
    PatientInput input("-", kPatience, "a hint");
    pipe.finish();
    CHECK(input.read(1'000) == "a line\nmore");
    ::dup2(before.fd(), STDIN_FILENO);
}

TEST_CASE("a pipe in which nothing comes is not waited for for ever", "[cli]") {
    const NamedPipe pipe("# only a comment\n");
    PatientInput input(pipe.name(), kPatience, "a hint");
    CHECK(refusal([&] { input.begin(); }) == "nothing came for 50ms");
    CHECK(refusal([&] { input.check(); }) == "nothing came for 50ms");
}

TEST_CASE("what cannot be read, and what is too much, is refused with the hint", "[cli]") {
    const test::TempFolder folder;
    const auto open = [&](const std::string& file) {
        return refusal([&] { PatientInput(file, kPatience, "a hint"); });
    };
    CHECK(open((folder / "nothing").string()) == "No such file or directory");
    CHECK(open(folder.path().string()) == "Is a directory");

    test::spill(folder / "large", std::string(200'000, 'x'));
    PatientInput input((folder / "large").string(), kPatience, "a hint");
    CHECK(refusal([&] { input.read(199'999); }) == "it has more than 199999 bytes");
    PatientInput again((folder / "large").string(), kPatience, "a hint");
    CHECK(again.read(200'000).size() == 200'000);
}

}  // namespace cli_patient_input_test
