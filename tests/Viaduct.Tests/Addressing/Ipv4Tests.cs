using System.Net;
using CsCheck;
using Viaduct.Addressing;

namespace Viaduct.Tests.Addressing;

public class Ipv4Tests
{
    private static readonly Gen<IPNetwork> s_block =
        Gen.Select(Gen.UInt, Gen.Int[0, 32], (address, prefix) => new IPNetwork(Ipv4.FromUInt32(prefix == 0 ? 0 : address & (uint.MaxValue << (32 - prefix))), prefix));

    [Fact]
    public void Parsing_what_a_block_prints_gives_the_block() =>
        s_block.Sample(block => Assert.Equal(block, Ipv4.ParseCidr(block.ToString(), "x")));

    [Fact]
    public void Two_blocks_overlap_exactly_when_they_share_an_address() =>
        Gen.Select(s_block, s_block).Sample((a, b) =>
        {
            var shared = a.BaseAddress.ToUInt32() <= b.Last().ToUInt32() && b.BaseAddress.ToUInt32() <= a.Last().ToUInt32();
            Assert.Equal(shared, a.Overlaps(b));
            Assert.Equal(shared && a.Size() >= b.Size(), a.Contains(b));
        });

    [Theory]
    [InlineData("172.20.0.0", "podCIDR: \"172.20.0.0\" is not an IPv4 block such as 172.20.0.0/16")]
    [InlineData("172.20.0/16", "podCIDR: \"172.20.0/16\" is not an IPv4 block such as 172.20.0.0/16")]
    [InlineData("010.0.0.0/8", "podCIDR: \"010.0.0.0/8\" is not an IPv4 block such as 172.20.0.0/16")]
    [InlineData("172.20.0.0/33", "podCIDR: \"172.20.0.0/33\" is not an IPv4 block such as 172.20.0.0/16")]
    [InlineData("fd00::/8", "podCIDR: \"fd00::/8\" is not an IPv4 block such as 172.20.0.0/16")]
    [InlineData("172.20.3.4/16", "podCIDR: \"172.20.3.4/16\" has bits set beyond /16: did you mean 172.20.0.0/16?")]
    public void A_block_that_is_none_is_refused_by_a_sentence(string text, string message) =>
        Assert.Equal(message, Assert.Throws<AddressingException>(() => Ipv4.ParseCidr(text, "podCIDR")).Message);

    [Fact]
    public void Blocks_of_a_block_are_where_they_should_be()
    {
        var pods = IPNetwork.Parse("172.20.0.0/16");
        Assert.Equal(256, pods.BlockCount(24));
        Assert.Equal(IPNetwork.Parse("172.20.255.0/24"), pods.BlockAt(24, 255));
        Assert.Equal(IPAddress.Parse("172.20.1.1"), pods.BlockAt(24, 1).AddressAt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pods.BlockAt(24, 256));
    }
}
