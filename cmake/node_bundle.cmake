# aloft-node.tar.gz, beside the programs: Aloft with all that it needs, for nodes that have nothing of it.
# With sanitizers the launcher needs shared libraries too: that bundle is for nodes which have them.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/aloft-node.tar.gz
  COMMAND ${CMAKE_SOURCE_DIR}/tools/make_node_bundle ${CMAKE_BINARY_DIR}
  DEPENDS aloft aloft-main ${CMAKE_SOURCE_DIR}/tools/make_node_bundle
  COMMENT "Packing aloft-node.tar.gz")
add_custom_target(node_bundle ALL DEPENDS ${CMAKE_BINARY_DIR}/aloft-node.tar.gz)
