#include "core/weak_password.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

TEST(WeakPassword, WhatThousandsUseIsWeakWhateverItsCase) {
  for (const char* password :
       {"12345678", "password", "Password1", "QWERTYUIOP", "iloveyou", "1qaz2wsx", "trustno1", "superman"})
    EXPECT_TRUE(is_weak_password(password, {})) << password;
}

TEST(WeakPassword, TheFirstAndTheLastOfTheListCountToo) {
  // Each of its three parts has lines at its ends.
  for (const char* password : {"!qaz2wsx", "dimabilan", "dimanche", "nicole23", "nicolett", "zzzzzzz1"})
    EXPECT_TRUE(is_weak_password(password, {})) << password;
  EXPECT_FALSE(is_weak_password("", {}));
}

TEST(WeakPassword, PartsOfTheListAreNoPasswordsOfIt) {
  EXPECT_FALSE(is_weak_password("12345678\n123456780", {})); // two lines that follow one another
  EXPECT_FALSE(is_weak_password("superman rides a corvette", {}));
}

TEST(WeakPassword, NamesAndALittleMoreAreWeak) {
  for (const char* password : {"Tickwire1", "whatsapp2026", "admin-admin-1", "inboxinbox"})
    EXPECT_TRUE(is_weak_password(password, {})) << password;
  for (const char* password : {"Ana-Maria-1", "anamaria2026", "flowershop!!", "Flower-Ana-7"})
    EXPECT_TRUE(is_weak_password(password, {"Ana Maria", "Flower Shop"})) << password;
  EXPECT_TRUE(is_weak_password("zoë zoë zoë", {"Zoë"}));
}

TEST(WeakPassword, NamesWithEnoughBesideAreNot) {
  for (const char* password : {"password-of-ana", "ana keeps four bees", "tickwire, correct horse"})
    EXPECT_FALSE(is_weak_password(password, {"Ana"})) << password;
  EXPECT_FALSE(is_weak_password("correct horse", {"", " ", "B", "\xff"}));
}

TEST(WeakPassword, LengthIsNotItsMatter) {
  EXPECT_FALSE(is_weak_password("x", {}));
  EXPECT_FALSE(is_weak_password(std::string(100'000, 'x'), {"Ana"}));
}

} // namespace
} // namespace tickwire
