using System.Net;
using Viaduct.Linux.Nftables;

namespace Viaduct.Tests.Cni;

public class MasqueradeRangesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "[10.0.0.0 11.0.0.0)")]
    [InlineData("10.0.0.0/8 10.1.0.0/16 10.0.0.0/8", "[10.0.0.0 11.0.0.0)")]
    [InlineData("10.0.0.0/9 10.128.0.0/9", "[10.0.0.0 [10.128.0.0 11.0.0.0)")]
    [InlineData("192.168.0.0/16 10.1.0.0/24", "[10.1.0.0 10.1.1.0) [192.168.0.0 192.169.0.0)")]
    public void Networks_become_ranges_that_do_not_overlap(string networks, string expected)
    {
        var elements = NftRanges.Of([.. networks.Split(' ').Select(IPNetwork.Parse)]);
        var ordered = elements.OrderBy(e => Convert.ToHexString(e.Key.Span), StringComparer.Ordinal).Select(e => e.IsIntervalEnd ? $"{new IPAddress(e.Key.Span)})" : $"[{new IPAddress(e.Key.Span)}");
        Assert.Equal(expected, string.Join(' ', ordered));
    }
}
