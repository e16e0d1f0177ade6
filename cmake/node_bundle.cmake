# aloft-node.tar.gz, beside the programs: Aloft with all that it needs, for nodes that have nothing of it.
# Sanitizers need their shared libraries, even for the launcher.
if(NOT ALOFT_SANITIZE)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/aloft-node.tar.gz
    COMMAND ${CMAKE_SOURCE_DIR}/tools/make_node_bundle ${CMAKE_BINARY_DIR}
    DEPENDS aloft aloft-main ${CMAKE_SOURCE_DIR}/tools/make_node_bundle
    COMMENT "Packing aloft-node.tar.gz")
  add_custom_target(node_bundle ALL DEPENDS ${CMAKE_BINARY_DIR}/aloft-node.tar.gz)
endif()
