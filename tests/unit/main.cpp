/// The main of every unit test executable: doctest, and a reporter that prints one line per test
/// case.

// A test's forked children must die of their signals as any other process does.
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>
#include <string_view>

namespace {

// "…/tests/unit/json/codec.cpp" is the test of the header "json/codec".
std::string_view header_under_test(std::string_view file) {
    for (const std::string_view root : {"tests/", "unit/"}) {
        if (const auto at = file.rfind(root); at != file.npos) file.remove_prefix(at + root.size());
    }
    return file.substr(0, file.rfind('.'));
}

// Runs beside doctest's console reporter, which explains the failures.
class one_line_per_case : public doctest::IReporter {
 public:
    explicit one_line_per_case(const doctest::ContextOptions&) {}

    void test_case_start(const doctest::TestCaseData& test) override { test_ = &test; }
    void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
        const auto header = header_under_test(test_->m_file.c_str());
        std::printf("%s %.*s: %s\n", stats.failure_flags == 0 ? "ok    " : "FAILED",
                    static_cast<int>(header.size()), header.data(), test_->m_name);
        std::fflush(stdout);
    }

    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
    const doctest::TestCaseData* test_ = nullptr;
};

}  // namespace

REGISTER_LISTENER("one_line_per_case", 1, one_line_per_case);
