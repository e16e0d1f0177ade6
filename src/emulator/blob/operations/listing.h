// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/blob/call.h"
#include "emulator/blob/xml.h"

// What all answers of several pages have in common.
namespace aloft::emulator::blob {

/// Of one page of any listing, at most.
inline constexpr std::size_t kPageEntriesMax = 5000;
/// maxresults: at most, and without it, kPageEntriesMax.
Outcome<std::size_t> page_size(const Query& query);

/// NextMarker for a page that begins there.
std::string make_marker(const ListPosition& position);
/// From marker=; the first place of all where it is absent.
Outcome<ListPosition> parse_marker(const Query& query);

/// Opens EnumerationResults with these attributes, and says again what was asked for.
void open_results(XmlWriter& xml, const Call& call, const std::string& attributes);
http::Response xml_response(XmlWriter& xml);

}  // namespace aloft::emulator::blob
