using System.Net;
using CsCheck;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Tests.Node.Routing;

public class DesiredNetworkTests
{
    private static readonly RoutePosition s_here = new()
    {
        Backend = RouteBackend.Auto,
        OnLink = [new(IPNetwork.Parse("192.168.0.0/24"), 2)],
        Gateways = [IPAddress.Parse("192.168.0.1")],
        Tunnel = new TunnelEnd(9, System.Net.Sockets.AddressFamily.InterNetwork),
    };

    [Fact]
    public void Two_nodes_with_one_block_are_settled_by_name_and_the_other_takes_over()
    {
        var desired = new DesiredNetwork(s_here, [Peer("b", 4, 1), Peer("a", 3, 1)]);
        Assert.True(desired.Update("c", Peer("c", 5, 1)).IsEmpty);
        Assert.Equal("192.168.0.4", Assert.Single(desired.Update("a", null).Routes.Set).Gateway.ToString());
        Assert.Equal("192.168.0.5", Assert.Single(desired.Update("b", null).Routes.Set).Gateway.ToString());
        Assert.Equal("172.20.1.0/24", Assert.Single(desired.Update("c", null).Routes.Delete).Destination.ToString());
    }

    [Fact]
    public void A_node_that_does_not_change_changes_nothing() => Assert.True(new DesiredNetwork(s_here, [Peer("a", 3, 1)]).Update("a", Peer("a", 3, 1)).IsEmpty);

    [Fact]
    public void The_kernel_s_word_counts_only_when_it_differs()
    {
        var desired = new DesiredNetwork(s_here, [Peer("a", 3, 1)]);
        var right = new RouteInfo { Destination = IPNetwork.Parse("172.20.1.0/24"), Gateway = IPAddress.Parse("192.168.0.3"), LinkIndex = 2, Protocol = 86, Type = RouteType.Unicast };
        Assert.False(desired.IsContradictedBy(new RouteNotice { Route = right }, 86));
        Assert.True(desired.IsContradictedBy(new RouteNotice { Route = right, IsRemoval = true }, 86));
        Assert.True(desired.IsContradictedBy(new RouteNotice { Route = right with { Protocol = 4 } }, 86));
        Assert.True(desired.IsContradictedBy(new RouteNotice { Route = right with { Destination = IPNetwork.Parse("172.20.9.0/24") } }, 86));
        Assert.False(desired.IsContradictedBy(new RouteNotice { Route = right with { Destination = IPNetwork.Parse("10.0.0.0/8"), Protocol = 4 } }, 86));
    }

    /// <summary>Whatever happens to the nodes, a kernel that follows change by change ends where one does that is compared with all at once.</summary>
    [Fact]
    public void Following_each_change_leads_where_comparing_everything_does() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 6], Gen.Int[0, 4]).List[0, 40].Sample(steps =>
        {
            var nodes = new Dictionary<string, PeerNode>();
            var desired = new DesiredNetwork(s_here, []);
            var kernel = new Kernel();
            kernel.Make(desired.Compare(kernel.Actual));
            foreach (var (node, address, block) in steps)
            {
                var name = $"n{node}";
                if (address == 0)
                    nodes.Remove(name);
                else
                    nodes[name] = Peer(name, address, block);
                kernel.Make(desired.Update(name, nodes.GetValueOrDefault(name)));
            }
            return new DesiredNetwork(s_here, nodes.Values).Compare(kernel.Actual).IsEmpty;
        });

    [Theory]
    [InlineData("6.18.44-fc", true)]
    [InlineData("5.7.0", true)]
    [InlineData("5.10.0-28-amd64", true)]
    [InlineData("5.6.13", false)]
    [InlineData("4.19.0", false)]
    [InlineData("strange", false)]
    public void Checksums_of_tunnels_are_offloaded_on_kernels_that_get_them_right(string release, bool safe) => Assert.Equal(safe, ChecksumRule.IsOffloadSafe(release));

    // One address is in another network, so that there are tunnels, too.
    private static PeerNode Peer(string name, int address, int block) => new(
        name, [IPAddress.Parse(address < 6 ? $"192.168.0.{address}" : $"192.168.9.{address}")], [IPNetwork.Parse($"172.20.{block}.0/24")],
        MacAddress.Parse($"0a:00:00:00:00:{address:x2}"));

    private sealed class Kernel
    {
        private readonly Dictionary<IPNetwork, PodRoute> _routes = [];
        private readonly Dictionary<IPAddress, NeighborSpec> _neighbors = [];
        private readonly Dictionary<MacAddress, FdbEntry> _tunnels = [];

        public ActualNetwork Actual => new(_routes.Values, _neighbors.Values, _tunnels.Values);

        public void Make(NetworkDiff diff)
        {
            Change(_routes, diff.Routes, r => r.Destination);
            Change(_neighbors, diff.Neighbors, n => n.Address);
            Change(_tunnels, diff.Tunnels, t => t.LinkAddress);
        }

        private static void Change<TKey, T>(Dictionary<TKey, T> entries, Difference<T> change, Func<T, TKey> keyOf)
            where TKey : notnull
        {
            foreach (var entry in change.Delete)
                Assert.True(entries.Remove(keyOf(entry)));
            foreach (var entry in change.Set)
                entries[keyOf(entry)] = entry;
        }
    }
}
