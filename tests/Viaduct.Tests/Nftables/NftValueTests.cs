using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Tests.Nftables;

public class NftValueTests
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t");

    [Fact]
    public void Each_part_of_a_concatenation_takes_whole_words()
    {
        var key = NftData.Concatenate(NftData.Address(IPAddress.Parse("10.0.0.1")), NftData.Byte(6), NftData.Port(80));
        Assert.Equal(new NftData([10, 0, 0, 1, 6, 0, 0, 0, 0, 80, 0, 0]), key);
        Assert.Equal(NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService).Length, key.Length);
    }

    [Fact]
    public void A_concatenated_type_has_the_number_that_nft_gives_it()
    {
        var type = NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService, NftType.Mark);
        // As nft 1.0.6 sends it for the same declaration.
        Assert.Equal(0x001cc353u, type.Id);
        Assert.Equal("ipv4_addr . inet_proto . inet_service . mark", type.ToString());
    }

    [Fact]
    public void A_device_name_that_is_too_long_is_refused() =>
        Assert.Contains("longer than 15 bytes", Assert.Throws<ArgumentException>(() => NftData.InterfaceName("sixteen-bytes-xx")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 1u)]
    [InlineData(1, 9u)]
    [InlineData(3, 11u)]
    [InlineData(4, 2u)]
    [InlineData(15, 23u)]
    [InlineData(-1, 0u)]
    public void Registers_have_the_numbers_that_the_kernel_reports(int word, uint number)
    {
        Assert.Equal(number, new NftRegister(word).Number);
        Assert.Equal(new NftRegister(word), NftRegister.FromNumber(number));
    }

    [Fact]
    public void Many_elements_are_cut_into_messages_that_a_netlink_attribute_can_hold()
    {
        var elements = Enumerable.Range(0, 10_000).Select(i => new NftElement(NftData.Word((uint)i)) { Comment = $"element {i}" });
        var batch = new NftBatch().AddElements(Table, "s", elements);
        Assert.InRange(batch.Count, 2, 60);
        Assert.True(new NftBatch().AddElements(Table, "s", []).IsEmpty);
    }

    [Fact]
    public void A_batch_reads_like_what_it_does()
    {
        var batch = new NftBatch().AddTable(Table).AddChain(Table, new NftChainSpec { Name = "c" }).FlushChain(Table, "c")
            .AddRule(Table, "c", new NftRuleSpec(new ImmediateExpression(NftVerdict.Drop)) { Comment = "none shall pass" });
        Assert.Equal("add table ip t\nadd chain ip t c\nflush chain ip t c\nadd rule ip t c (none shall pass)", batch.ToString());
    }

    [Fact]
    public void A_rule_without_expressions_is_refused_at_once() =>
        Assert.Contains("chain c of table ip t", Assert.Throws<ArgumentException>(() => new NftBatch().AddRule(Table, "c", new NftRuleSpec())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(253)]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(300)]
    public void A_comment_that_is_too_long_is_cut_between_characters(int length)
    {
        var comment = new string('x', length) + "é";
        var data = NftUserData.Comment(0, comment);
        Assert.Equal(data.Length, data[1] + 2);
        var read = NftUserData.FindComment(0, data)!;
        Assert.StartsWith(read, comment, StringComparison.Ordinal);
        Assert.InRange(read.Length, Math.Min(length, 253), 254);
    }

    [Fact]
    public void Broken_user_data_is_no_comment() => Assert.Null(NftUserData.FindComment(0, [0, 200, 65]));
}
