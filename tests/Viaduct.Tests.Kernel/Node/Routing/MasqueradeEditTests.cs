using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>What the masquerade rules are compared with when the kernel could not tell what was changed.</summary>
public sealed class MasqueradeEditTests : IDisposable
{
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly NodeMasquerade masquerade;

    public MasqueradeEditTests()
    {
        masquerade = new NodeMasquerade(ns, [IPNetwork.Parse("172.20.0.0/16")], NullLogger.Instance);
        masquerade.Set([IPNetwork.Parse("172.20.1.0/24"), IPNetwork.Parse("fd00:20:0:1::/64")]);
    }

    public void Dispose()
    {
        masquerade.Dispose();
        ns.Dispose();
    }

    [Fact]
    public void Another_table_leaves_them_as_they_were_written()
    {
        Tool.Run(ns, "nft", "add table ip viaduct; add set ip viaduct pods { type ipv4_addr; elements = { 10.0.0.1 }; }");
        Assert.True(masquerade.IsIntact());
    }

    [Theory]
    [InlineData("delete table ip6 viaduct-masquerade")]
    [InlineData("flush chain ip viaduct-masquerade postrouting")]
    [InlineData("insert rule ip6 viaduct-masquerade postrouting accept")]
    [InlineData("add element ip viaduct-masquerade direct { 192.0.2.0/24 }")]
    [InlineData("delete element ip viaduct-masquerade pods { 172.20.1.0/24 }")]
    public void An_edit_is_seen_until_they_are_written_again(string edit)
    {
        Tool.Run(ns, "nft", edit);
        Assert.False(masquerade.IsIntact());
        masquerade.Set([IPNetwork.Parse("172.20.1.0/24")]);
        Assert.True(masquerade.IsIntact());
    }
}
