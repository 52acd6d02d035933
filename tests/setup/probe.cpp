// Never built; see CMakeLists.txt beside it.
