using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Proxy.Backends;

namespace Viaduct.Tests.Cluster;

public class NeedsNftablesTests
{
    [Theory]
    [InlineData(ProxyMode.Nftables, "0.0.0.0/0", true)]
    [InlineData(ProxyMode.Userspace, "0.0.0.0/0", true)]
    [InlineData(ProxyMode.Iptables, "0.0.0.0/0", false)]
    [InlineData(ProxyMode.Ipvs, "0.0.0.0/0", false)]
    [InlineData(ProxyMode.Ipvs, "::/0", true)]
    [InlineData(ProxyMode.Ipvs, "10.0.0.0/8", true)]
    [InlineData(ProxyMode.Ipvs, null, true)]
    public void A_cluster_needs_nftables_for_its_mode_or_for_what_it_masquerades(ProxyMode mode, string? direct, bool needs) =>
        Assert.Equal(needs, ClusterPreconditions.NeedsNftables(new ClusterSpec { Name = "x", ProxyMode = mode, NonMasqueradeCidrs = direct is null ? null : [direct] }));
}
