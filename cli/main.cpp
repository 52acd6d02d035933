#include "cli/run.hpp"

int main(int argc, char** argv) { return seqspan::cli::run(argc, argv); }
