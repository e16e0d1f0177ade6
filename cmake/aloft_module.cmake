# aloft_module(NAME SOURCES… [USES aloft::…] [PRIVATELY_USES aloft::…] [LIBS …] [PRIVATE_LIBS …] [TESTS …])
#
# One folder of src/ as one static library aloft::NAME. USES are modules that its headers name,
# PRIVATELY_USES those that only its sources (and tests) name; both are its arrows, and
# tools/check_includes.py compares them with the #include lines. LIBS and PRIVATE_LIBS are the same for
# third-party libraries. TESTS become one program NAME_test whose cases carry the ctest label "unit".
function(aloft_module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;PRIVATELY_USES;LIBS;PRIVATE_LIBS;TESTS;TEST_LIBS" ${ARGN})
  add_library(aloft_${name} STATIC ${M_SOURCES})
  add_library(aloft::${name} ALIAS aloft_${name})
  target_include_directories(aloft_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(aloft_${name} PUBLIC ${M_USES} ${M_LIBS} PRIVATE ${M_PRIVATELY_USES} ${M_PRIVATE_LIBS})
  if(M_TESTS)
    aloft_test(${name}_test LABEL unit SOURCES ${M_TESTS} LIBS aloft::${name} ${M_PRIVATELY_USES} ${M_PRIVATE_LIBS} ${M_TEST_LIBS})
  endif()
endfunction()

# aloft_program(NAME SOURCES… USES aloft::… [LIBS …]): a program that is installed; it lies at the top of the build
# directory.
function(aloft_program name)
  cmake_parse_arguments(P "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${P_USES} ${P_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# aloft_test(NAME LABEL unit|integration SOURCES… LIBS… [TIMEOUT seconds]): one GoogleTest program.
function(aloft_test name)
  cmake_parse_arguments(T "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 60)
  endif()
  if(ALOFT_SANITIZE)
    math(EXPR T_TIMEOUT "4 * ${T_TIMEOUT}")
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT})
endfunction()
