// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/blob_xml.h"

#include <gtest/gtest.h>

namespace aloft::internal {
namespace {

constexpr const char* kListing = R"(<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="https://lab.blob.core.windows.net/" ContainerName="demo">
  <Blobs>
    <Blob>
      <Name>a &amp; b</Name>
      <Properties>
        <Last-Modified>Sat, 21 Nov 2026 03:04:05 GMT</Last-Modified>
        <Etag>0x8DC</Etag>
        <Content-Length>12</Content-Length>
        <Content-Type>text/plain</Content-Type>
        <Content-MD5 />
        <BlobType>BlockBlob</BlobType>
        <AccessTier>Hot</AccessTier>
      </Properties>
      <Metadata><posix_owner>1000</posix_owner></Metadata>
    </Blob>
    <BlobPrefix><Name>dir/</Name></BlobPrefix>
    <Blob>
      <Name Encoded="true">odd%EF%BF%BE</Name>
      <Properties>
        <Last-Modified>Sat, 21 Nov 2026 03:04:05 GMT</Last-Modified>
        <Etag>"quoted"</Etag>
        <Content-Length>0</Content-Length>
        <BlobType>PageBlob</BlobType>
      </Properties>
    </Blob>
  </Blobs>
  <NextMarker>2!48!next</NextMarker>
</EnumerationResults>)";

TEST(BlobListing, IsRead) {
  const auto page = parse_blob_listing(kListing);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->list.objects.size(), 2u);
  EXPECT_EQ(page->list.objects[0].key, "a & b");
  EXPECT_EQ(page->list.objects[0].etag, "\"0x8DC\"");
  EXPECT_EQ(page->list.objects[0].size_bytes, 12u);
  EXPECT_EQ(page->list.objects[0].access_tier, "Hot");
  EXPECT_EQ(page->list.objects[0].metadata.at("posix_owner"), "1000");
  EXPECT_EQ(page->list.objects[1].key, "odd\xef\xbf\xbe");
  EXPECT_EQ(page->list.objects[1].etag, "\"quoted\"");
  EXPECT_EQ(page->list.objects[1].kind, ObjectKind::page);
  EXPECT_EQ(page->list.prefixes, std::vector<std::string>{"dir/"});
  EXPECT_EQ(page->list.next_marker, "2!48!next");
}

TEST(BlobListing, HasDirectoriesOfAHierarchicalNamespaceAmongItsObjects) {
  // As Azure answers: a directory is a prefix with properties, or a blob of its own.
  constexpr const char* kProperties = R"(<Properties>
      <Last-Modified>Thu, 25 Jul 2024 14:07:26 GMT</Last-Modified><Etag>0x8DC</Etag>
      <ResourceType>directory</ResourceType><Content-Length>0</Content-Length></Properties>)";
  const auto page =
      parse_blob_listing(std::string("<EnumerationResults><Blobs>"
                                     "<BlobPrefix><Name>a/</Name>") +
                         kProperties + "</BlobPrefix><BlobPrefix><Name>b/</Name>" + kProperties +
                         "<Metadata><colour>blue</colour></Metadata></BlobPrefix>"
                         "<BlobPrefix><Name>flat/</Name></BlobPrefix><Blob><Name>c</Name>" +
                         kProperties + "</Blob></Blobs></EnumerationResults>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->list.objects.size(), 3u);
  EXPECT_EQ(page->list.objects[0].key, "a");
  EXPECT_EQ(page->list.objects[1].metadata.at("colour"), "blue");
  EXPECT_EQ(page->list.objects[2].key, "c");
  for (const ObjectInfo& object : page->list.objects) {
    EXPECT_TRUE(is_directory(object.metadata)) << object.key;
  }
  EXPECT_EQ(page->list.prefixes, (std::vector<std::string>{"a/", "b/", "flat/"}));
  EXPECT_EQ(page->bare_directories, std::vector<std::size_t>{0});
}

TEST(BlobListing, TakesNoFileForADirectoryWhateverItsMetadataClaim) {
  const auto page = parse_blob_listing(
      "<EnumerationResults><Blobs><Blob><Name>a</Name><Properties>"
      "<Last-Modified>Thu, 25 Jul 2024 14:07:26 GMT</Last-Modified><Etag>0x8DC</Etag>"
      "<ResourceType>file</ResourceType><Content-Length>9</Content-Length>"
      "<BlobType>BlockBlob</BlobType></Properties>"
      "<Metadata><hdi_isfolder>true</hdi_isfolder><colour>blue</colour></Metadata>"
      "</Blob></Blobs></EnumerationResults>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->list.objects.size(), 1u);
  EXPECT_EQ(page->list.objects[0].metadata, (Metadata{{"colour", "blue"}}));
}

TEST(BlobListing, KeepsAKeyOfBlanks) {
  std::string listing = kListing;
  listing.replace(listing.find("a &amp; b"), 9, " ");
  EXPECT_EQ(parse_blob_listing(listing)->list.objects[0].key, " ");
}

TEST(BlobListing, IsNotGuessed) {
  for (const char* text : {"", "<html/>", "<EnumerationResults/>", "<EnumerationResults><Blobs>"}) {
    EXPECT_FALSE(parse_blob_listing(text)) << text;
  }
  for (const char* needed : {"<Content-Length>12", "<Last-Modified>Sat, 21", "BlockBlob"}) {
    std::string listing = kListing;
    listing.replace(listing.find(needed), std::string_view(needed).size(), "<x>");
    EXPECT_FALSE(parse_blob_listing(listing)) << needed;
  }
}

TEST(BlockListXml, IsReadAndWritten) {
  const auto list = parse_block_list(
      "<BlockList><CommittedBlocks><Block><Name>QQ==</Name><Size>5</Size></Block>"
      "</CommittedBlocks><UncommittedBlocks><Block><Name>Qg==</Name><Size>6</Size></Block>"
      "</UncommittedBlocks></BlockList>");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->committed.at(0).id, "A");
  EXPECT_EQ(list->uncommitted.at(0).size_bytes, 6u);
  EXPECT_FALSE(
      parse_block_list("<BlockList><CommittedBlocks><Block><Name>?</Name><Size>5</Size>"
                       "</Block></CommittedBlocks></BlockList>"));
  const BlockRef blocks[] = {{.id = "A", .from = BlockRef::From::committed}, {.id = "B"}};
  EXPECT_EQ(write_block_list(blocks),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList><Committed>QQ==</Committed>"
            "<Uncommitted>Qg==</Uncommitted></BlockList>");
}

TEST(ContainerListing, IsRead) {
  const auto page = parse_container_listing(
      "<EnumerationResults><Containers><Container><Name>a</Name></Container>"
      "<Container><Name>b</Name></Container></Containers><NextMarker/></EnumerationResults>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(page->next_marker, "");
}

}  // namespace
}  // namespace aloft::internal
