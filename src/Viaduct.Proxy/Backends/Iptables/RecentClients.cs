using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>How many clients session affinity keeps at each endpoint: a list of the match "recent" for each (net/netfilter/xt_recent.c).</summary>
internal static class RecentClients
{
    // Of the namespace of the thread that opens it.
    private const string Lists = "/proc/thread-self/net/xt_recent";

    public static IReadOnlyList<KernelItem> Items(NetNamespace ns, ServicePortState port)
    {
        if (port.AffinitySeconds == 0)
            return [];
        var endpoints = port.Endpoints.Union(port.LocalEndpoints).Select(e => e.Target);
        return ns.Run(() => endpoints.Select(e => KernelItem.Counted($"clients that came to {e} and may still stay", Count(ChainNames.OfEndpoint(port, e)))).ToArray());
    }

    private static int Count(string list)
    {
        try
        {
            return File.ReadLines(Path.Combine(Lists, list)).Count();
        }
        catch (IOException)
        {
            // A list comes with the rule, whose absence is told by itself.
            return 0;
        }
    }
}
