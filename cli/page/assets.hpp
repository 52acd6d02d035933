// Texts that pages embed, put into the program when it is built (cmake/assets.cmake).
#pragma once

#include <string_view>

namespace seqspan::cli::assets {

extern const std::string_view kUplotScript;
extern const std::string_view kUplotStyles;
extern const std::string_view kUplotLicence;
extern const std::string_view kStyles;
extern const std::string_view kReportScript;
extern const std::string_view kServeStyles;
extern const std::string_view kServeScript;

}  // namespace seqspan::cli::assets
