#pragma once
// Media that the made-up customers send: drawn and composed here, so that they can really be fetched and
// shown.

#include <string>

namespace simulator {

/// A PNG, 480 × 336, of hexagonal tiles; `variant` picks the shades.
std::string sample_picture(int variant);

/// An Ogg/Opus voice note, mono: silence of the given length.
std::string sample_voice_note(int seconds);

} // namespace simulator
