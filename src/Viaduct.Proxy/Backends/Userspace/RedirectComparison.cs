using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Lays the rules that should lead a Service port to the proxy's own port, and that port, beside what the kernel has.</summary>
internal static class RedirectComparison
{
    public static IEnumerable<KernelItem> Rules(NftClient nft, NftTable table, IPFamily family, ProxyState redirected, ServicePortState port) =>
        All(nft, table, family, redirected, port).Where(i => i.Proxy is not null || i.Kernel is not null);

    private static IEnumerable<KernelItem> All(NftClient nft, NftTable table, IPFamily family, ProxyState redirected, ServicePortState port)
    {
        foreach (var frontend in port.Frontends.Select(f => f.Frontend))
        {
            var found = NftablesInspector.Read(nft, table, family, frontend);
            var (wanted, has) = (FrontendViews.Of(redirected, frontend, family), FrontendViews.Of(found));
            yield return new($"{frontend}: verdict", wanted.Verdict ?? "refused", has.Verdict ?? "refused") { Traffic = found.Counter is { } counter ? new(counter.Packets, counter.Bytes) : null };
            yield return new($"{frontend}: owner", wanted.Owner, has.Owner);
            yield return Texts($"{frontend}: redirected to", wanted.Endpoints, has.Endpoints);
            yield return Texts($"{frontend}: in the sets", wanted.Sets, has.Sets);
            if (wanted.OffNodeVerdict is not null || has.OffNodeVerdict is not null)
            {
                yield return new($"{frontend}: verdict from elsewhere", wanted.OffNodeVerdict, has.OffNodeVerdict);
                yield return Texts($"{frontend}: from elsewhere redirected to", wanted.LocalEndpoints, has.LocalEndpoints);
            }

            if (wanted.SourceRanges.Count > 0 || has.SourceRanges.Count > 0)
                yield return Texts($"{frontend}: open to", wanted.SourceRanges, has.SourceRanges);
        }
    }

    /// <summary>In the network namespace of the calling thread.</summary>
    public static IEnumerable<KernelItem> Relays(IPFamily family, ServicePortState port, ServicePortProxy? proxy)
    {
        var ports = proxy?.Ports ?? default;
        foreach (var (number, endpoints, what) in ((ushort, IEnumerable<ProxyEndpoint>, string)[])[(ports.Cluster, port.Endpoints, "copies to"), (ports.Local, port.LocalEndpoints, "for policy Local copies to")])
        {
            if (number == 0)
                continue;
            var address = new EndpointAddress(ProxyAddress.Of(family), number);
            var text = $"{address}/{port.Protocol.Name()}";
            yield return new("listens on", text, ListeningSockets.Has(family, port.Protocol, address) ? text : null);
            foreach (var endpoint in endpoints)
                yield return KernelItem.OfProxy($"{text} {what}", $"{endpoint.Target}");
        }

        if (port.AffinitySeconds > 0)
            yield return KernelItem.OfProxy("clients that stay with their endpoint", $"{proxy?.Clients ?? 0}");
    }

    private static KernelItem Texts(string what, IEnumerable<string?> wanted, IEnumerable<string?> has) => new(what, Join(wanted), Join(has));

    private static string? Join(IEnumerable<string?> texts) => !texts.Any() ? null : string.Join(", ", texts.Select(t => t ?? "(hole)").Order(StringComparer.Ordinal));
}
