using Viaduct.Proxy.Backends.Nftables;

namespace Viaduct.Proxy.Inspection;

/// <summary>Tells, a sentence each, what the kernel has otherwise than the proxy wants it.</summary>
public static class FrontendComparison
{
    public static IReadOnlyList<string> Differences(FrontendView proxy, FrontendView kernel) =>
    [
        .. Value("the verdict", proxy.Verdict, kernel.Verdict, "refused"),
        .. Value("the verdict for clients from elsewhere", proxy.OffNodeVerdict, kernel.OffNodeVerdict, "the same as for all"),
        .. Value("the owner", proxy.Owner, kernel.Owner, "nobody"),
        .. Endpoints("endpoint", proxy.Endpoints, kernel.Endpoints),
        .. Endpoints("local endpoint", proxy.LocalEndpoints, kernel.LocalEndpoints),
        .. Sets(proxy.Sets, kernel.Sets),
        .. SourceRanges(proxy.SourceRanges, kernel.SourceRanges),
        .. Affinity(proxy.AffinityEndpoints, kernel.AffinityEndpoints, TableSet.AffinityEndpoints),
        .. Affinity(proxy.LocalAffinityEndpoints, kernel.LocalAffinityEndpoints, TableSet.LocalAffinityEndpoints),
        .. Hairpins(proxy, kernel),
    ];

    private static IEnumerable<string> Value(string what, string? proxy, string? kernel, string none)
    {
        if (proxy != kernel)
            yield return $"{what} is {kernel ?? none} in the kernel, but should be {proxy ?? none}";
    }

    // Which slot an endpoint has means nothing: each is chosen as often as the others.
    private static IEnumerable<string> Endpoints(string what, IReadOnlyList<string?> proxy, IReadOnlyList<string?> kernel)
    {
        for (var slot = 0; slot < kernel.Count; slot++)
        {
            if (kernel[slot] is null)
                yield return $"slot {slot} has no {what}: connections that choose it are lost";
        }

        foreach (var missing in proxy.Except(kernel))
            yield return $"{what} {missing} is missing in the kernel";
        foreach (var (endpoint, count) in kernel.OfType<string>().CountBy(e => e))
        {
            if (!proxy.Contains(endpoint))
                yield return $"{what} {endpoint} is in the kernel, but the proxy has no such";
            else if (count > 1)
                yield return $"{what} {endpoint} is {count} times in the kernel";
        }
    }

    private static IEnumerable<string> Sets(IReadOnlyList<string> proxy, IReadOnlyList<string> kernel)
    {
        foreach (var missing in proxy.Except(kernel))
            yield return $"it is not in the kernel's set {missing}";
        // Another port's cluster IP may have the same address: that set holds addresses, without ports.
        foreach (var extra in kernel.Except(proxy).Where(s => s != TableSets.Name(TableSet.ClusterIPs)))
            yield return $"it is in the kernel's set {extra}, but should not be";
    }

    private static IEnumerable<string> SourceRanges(IReadOnlyList<string> proxy, IReadOnlyList<string> kernel) =>
        proxy.Except(kernel).Select(r => $"clients from {r} are dropped by the kernel, but may use it").Concat(kernel.Except(proxy).Select(r => $"clients from {r} pass in the kernel, but may not use it"));

    private static IEnumerable<string> Affinity(IReadOnlyList<string> proxy, IReadOnlyList<string> kernel, TableSet set) =>
        proxy.Except(kernel).Select(e => $"clients do not stay with endpoint {e}: it is not in the kernel's set {TableSets.Name(set)}")
            .Concat(kernel.Except(proxy).Select(e => $"clients that had endpoint {e} stay with it, because it is in the kernel's set {TableSets.Name(set)}, but should not be"));

    // What the kernel has too many belongs to other Services, perhaps. An endpoint that is missing itself has been told of.
    private static IEnumerable<string> Hairpins(FrontendView proxy, FrontendView kernel) =>
        proxy.Hairpins.Except(kernel.Hairpins).Intersect(kernel.Endpoints.Concat(kernel.LocalEndpoints))
            .Select(e => $"a pod that reaches itself at {e} gets no answer: it is not in the kernel's set {TableSets.Name(TableSet.Hairpin)}");
}
