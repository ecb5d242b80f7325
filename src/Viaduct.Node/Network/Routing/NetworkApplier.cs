using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>Reads and changes our entries in the kernel. Routes are told from everybody else's by their protocol number, so those of an earlier run are found.</summary>
public sealed class NetworkApplier(RouteClient client, byte protocol)
{
    public ActualNetwork Read(int? tunnel) => new(
        [.. client.ListRoutes().Where(r => r.Protocol == protocol).Select(PodRoute.From).OfType<PodRoute>()],
        tunnel is { } link ? [.. client.ListNeighbors(link).Where(n => n is { IsPermanent: true, LinkAddress: not null }).Select(Spec)] : [],
        tunnel is { } device ? client.ListFdbEntries(device) : []);

    /// <summary>Makes the changes; a tunnel's way before the route that leads into it. One that fails does not keep the others from being made.</summary>
    /// <exception cref="NetlinkException">The first that failed.</exception>
    public void Apply(NetworkDiff diff)
    {
        NetlinkException? failure = null;
        Each(diff.Routes.Delete, r => IgnoreMissing(() => client.DeleteRoute(r.ToSpec(protocol))));
        Each(diff.Tunnels.Set, client.ReplaceFdbEntry);
        Each(diff.Neighbors.Set, client.ReplaceNeighbor);
        Each(diff.Routes.Set, r => client.ReplaceRoute(r.ToSpec(protocol)));
        Each(diff.Neighbors.Delete, n => IgnoreMissing(() => client.DeleteNeighbor(n.LinkIndex, n.Address)));
        Each(diff.Tunnels.Delete, t => IgnoreMissing(() => client.DeleteFdbEntry(t)));
        if (failure is not null)
            throw failure;

        void Each<T>(IReadOnlyList<T> entries, Action<T> act)
        {
            foreach (var entry in entries)
            {
                try
                {
                    act(entry);
                }
                catch (NetlinkException e)
                {
                    failure ??= e;
                }
            }
        }
    }

    // Gone with its link, or somebody was faster.
    private static void IgnoreMissing(Action delete)
    {
        try
        {
            delete();
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
        }
    }

    private static NeighborSpec Spec(NeighborInfo info) => new() { LinkIndex = info.LinkIndex, Address = info.Address, LinkAddress = info.LinkAddress!.Value };
}
