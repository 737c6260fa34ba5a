#include "app/browser.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

TEST(CookieValue, IsOfTheCookieWithExactlyThatName) {
  EXPECT_EQ(cookie_value("tickwire_session=a", session_cookie), "a");
  EXPECT_EQ(cookie_value("theme=dark; tickwire_session=a; x=y", session_cookie), "a");
  EXPECT_EQ(cookie_value("theme=dark;tickwire_session=a", session_cookie), "a");
  EXPECT_EQ(cookie_value("tickwire_session=a=b", session_cookie), "a=b");
  for (const char* other :
       {"", "xtickwire_session=a", "tickwire_session", "theme=tickwire_session=a", "tickwire_session2=a",
        "x=1;xtickwire_session=a", "TICKWIRE_SESSION=a", "tickwire_session ;=a"})
    EXPECT_EQ(cookie_value(other, session_cookie), "") << other;
}

TEST(OwnCookie, TheOneThatNobodyElseCanPlantCountsFirst) {
  EXPECT_EQ(own_cookie("tickwire_session=planted; __Host-tickwire_session=mine", session_cookie), "mine");
  EXPECT_EQ(own_cookie("tickwire_session=a", session_cookie), "a"); // over http, and of before
  EXPECT_EQ(own_cookie("__Host-tickwire_session=; tickwire_session=a", session_cookie), "a");
  EXPECT_EQ(own_cookie("x__Host-tickwire_session=a", session_cookie), "");
}

TEST(SessionClaim, TheHeaderCountsBeforeTheCookie) {
  EXPECT_EQ(session_claim_of("Bearer a", "tickwire_session=b").token, "a");
  EXPECT_FALSE(session_claim_of("bEaReR  a", "tickwire_session=b").from_cookie);
  EXPECT_EQ(session_claim_of("bEaReR  a", "").token, "a");
  EXPECT_EQ(session_claim_of("Basic abc", "tickwire_session=b").token, "b");
  EXPECT_TRUE(session_claim_of("", "tickwire_session=b").from_cookie);
  EXPECT_EQ(session_claim_of("", "xtickwire_session=b").token, "");
  EXPECT_FALSE(session_claim_of("", "").from_cookie);
}

TEST(TrustedPages, AreTheHostThatWasAskedThePublicUrlAndThoseThatWereNamed) {
  const trusted_pages pages({"https://crm.example.org"}, "https://inbox.example.org");
  EXPECT_TRUE(pages.trusted("http://localhost:8000", "localhost:8000"));
  EXPECT_TRUE(pages.trusted("https://inbox.example.org", "127.0.0.1:8000"));
  EXPECT_TRUE(pages.trusted("https://crm.example.org", "inbox.example.org"));
  for (const char* origin : {"", "null", "https://evil.example", "http://inbox.example.org", "localhost:8000",
                             "https://crm.example.org.evil.example", "http://evil.localhost:8000"})
    EXPECT_FALSE(pages.trusted(origin, "localhost:8000")) << origin;
  EXPECT_FALSE(pages.trusted("http://", ""));
  EXPECT_TRUE(pages.named("https://crm.example.org"));
  EXPECT_FALSE(pages.named("https://inbox.example.org"));
}

TEST(TrustedPages, ForeignOnesMayChangeNothing) {
  const trusted_pages pages({"https://crm.example.org"}, "");
  const std::string_view host = "inbox.example.org";
  for (const page_claim& fine :
       {page_claim{"", "", host}, // a program
        {"https://inbox.example.org", "", host},
        {"https://inbox.example.org", "same-origin", host},
        {"https://inbox.example.org", "same-origin", "127.0.0.1:8000"}, // behind a proxy
        {"https://crm.example.org", "cross-site", host},
        {"https://crm.example.org", "same-site", host},
        {"", "none", host}})
    EXPECT_TRUE(pages.may_change(fine)) << fine.origin << " " << fine.fetch_site;
  for (const page_claim& foreign : {page_claim{"https://evil.example", "", host},
                                    {"null", "", host},
                                    {"https://evil.example", "cross-site", host},
                                    {"https://other.example.org", "same-site", host},
                                    {"", "cross-site", host},
                                    {"", "same-site", host},
                                    {"null", "cross-site", host}})
    EXPECT_FALSE(pages.may_change(foreign)) << foreign.origin << " " << foreign.fetch_site;
}

} // namespace
} // namespace tickwire
