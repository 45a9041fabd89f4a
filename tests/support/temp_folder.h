// A folder of its own for a test, and a picture of a folder to compare before and after.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <sys/stat.h>

namespace sni::test {

class TempFolder {
  public:
    TempFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "sni-lab-test-XXXXXX").native();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

inline void spill(const std::filesystem::path& file, std::string_view content) {
    std::ofstream(file, std::ios::binary) << content;
}

/// Permission bits; 0 when there is nothing.
inline unsigned mode_of(const std::filesystem::path& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777u : 0u;
}

/// Everything under `folder` with kind, mode, inode and content: equal pictures mean that nothing
/// was made, removed, replaced or touched.
inline std::map<std::string, std::string> picture_of(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> picture;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        struct stat status{};
        ::lstat(entry.path().c_str(), &status);
        std::ostringstream text;
        text << std::oct << status.st_mode << ' ' << std::dec << status.st_ino << ' ';
        if (S_ISLNK(status.st_mode)) text << fs::read_symlink(entry.path()).native();
        if (S_ISREG(status.st_mode)) text << slurp(entry.path());
        picture[fs::relative(entry.path(), folder).native()] = text.str();
    }
    return picture;
}

}  // namespace sni::test
