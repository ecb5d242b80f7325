using System.Net;
using System.Net.Sockets;
using CsCheck;
using Viaduct.Addressing;

namespace Viaduct.Tests.Addressing;

public class CidrTests
{
    internal static readonly Gen<IPNetwork> Block4 =
        Gen.Select(Gen.UInt, Gen.Int[0, 32], (address, prefix) => Cidr.Around(Cidr.ToAddress(address, AddressFamily.InterNetwork), prefix));

    internal static readonly Gen<IPNetwork> Block6 =
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 128], (high, low, prefix) => Cidr.Around(Cidr.ToAddress(new UInt128(high, low), AddressFamily.InterNetworkV6), prefix));

    internal static readonly Gen<IPNetwork> Block = Gen.OneOf(Block4, Block6);

    [Fact]
    public void Parsing_what_a_block_prints_gives_the_block() =>
        Block.Sample(block => Assert.Equal(block, Cidr.Parse(block.ToString(), "x")));

    [Fact]
    public void Two_blocks_overlap_exactly_when_they_share_an_address() =>
        Gen.Select(Block, Block).Sample((a, b) =>
        {
            var shared = a.Family() == b.Family() && a.First() <= b.Last() && b.First() <= a.Last();
            Assert.Equal(shared, a.Overlaps(b));
            Assert.Equal(shared && a.PrefixLength <= b.PrefixLength, a.Contains(b));
            Assert.Equal(shared ? (a.PrefixLength > b.PrefixLength ? a : b) : null, Cidr.Overlap(a, b));
        });

    [Theory]
    [InlineData("172.20.0.0", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("172.20.0/16", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("010.0.0.0/8", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("172.20.0.0/33", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("172.20.0.0/016", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("fd00::/129", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("fe80::1%1/64", "is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56")]
    [InlineData("172.20.3.4/16", "has bits set beyond /16; the range is 172.20.0.0/16")]
    [InlineData("fd00:20::1/56", "has bits set beyond /56; the range is fd00:20::/56")]
    public void A_block_that_is_none_is_refused_by_a_sentence(string text, string problem) =>
        Assert.Equal($"podCidr: \"{text}\" {problem}", Assert.Throws<AddressingException>(() => Cidr.Parse(text, "podCidr")).Message);

    [Fact]
    public void Blocks_of_a_block_are_where_they_should_be()
    {
        var pods = IPNetwork.Parse("172.20.0.0/16");
        Assert.Equal(256u, pods.BlockCount(24));
        Assert.Equal(IPNetwork.Parse("172.20.255.0/24"), pods.BlockAt(24, 255u));
        Assert.Equal(IPAddress.Parse("172.20.1.1"), pods.BlockAt(24, 1u).AddressAt(1u));
        Assert.Throws<ArgumentOutOfRangeException>(() => pods.BlockAt(24, 256u));
        Assert.Equal(IPNetwork.Parse("fd00:20:0:ff::/64"), IPNetwork.Parse("fd00:20::/56").BlockAt(64, 255u));
        Assert.Equal(UInt128.MaxValue, IPNetwork.Parse("::/0").Last());
    }

    [Fact]
    public void Ranges_are_equal_when_their_blocks_are_and_know_their_families()
    {
        var dual = IpRanges.Parse("172.20.0.0/16, fd00:20::/56", "podCidr");
        Assert.Equal([IPNetwork.Parse("172.20.0.0/16"), IPNetwork.Parse("fd00:20::/56")], dual);
        Assert.True(dual.IsDualStack);
        Assert.Equal(IPNetwork.Parse("172.20.0.0/16"), dual.Primary);
        Assert.Null(((IpRanges)dual.Primary).IPv6);
        Assert.NotEqual<IpRanges>(dual, dual.Primary);
        Assert.Equal(default, IpRanges.Create([]));
    }
}
