# The target namesake_protos: the project's own protobuf messages (namesake/formats/proto/*.proto), made by protoc when one of them
# changes. Lite messages: no descriptors, nothing registered at start-up.
#   #include <namesake_proto/tensor_bundle.pb.h>
set(_protos tensor_bundle graph_def saved_objects saved_model keras_metadata fingerprint)
set(_proto_source ${PROJECT_SOURCE_DIR}/namesake/formats/proto)
set(_proto_out ${PROJECT_BINARY_DIR}/generated/namesake_proto)
file(MAKE_DIRECTORY ${_proto_out})
set(_proto_files)
list(TRANSFORM _protos REPLACE "(.+)" "${_proto_source}/\\1.proto" OUTPUT_VARIABLE _proto_sources)  # they import each other
foreach(proto IN LISTS _protos)
  add_custom_command(
    OUTPUT ${_proto_out}/${proto}.pb.cc ${_proto_out}/${proto}.pb.h
    COMMAND protobuf::protoc --proto_path=${_proto_source} --cpp_out=${_proto_out} ${_proto_source}/${proto}.proto
    DEPENDS ${_proto_sources}
    COMMENT "Making C++ of ${proto}.proto")
  list(APPEND _proto_files ${_proto_out}/${proto}.pb.cc ${_proto_out}/${proto}.pb.h)
endforeach()
add_library(namesake_protos STATIC ${_proto_files})
target_link_libraries(namesake_protos PRIVATE namesake_flags PUBLIC protobuf::libprotobuf-lite)
target_compile_options(namesake_protos PRIVATE -w)  # what protoc writes is not ours to mend
target_include_directories(namesake_protos SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/generated)
