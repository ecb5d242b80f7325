using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Inspection;

/// <summary>Brings both sides into the same words.</summary>
internal static class FrontendViews
{
    /// <summary>As the kernel has it.</summary>
    public static FrontendView Of(InspectedFrontend kernel) => new()
    {
        Owner = kernel.Owner,
        Verdict = kernel.Verdict,
        OffNodeVerdict = kernel.OffNodeVerdict,
        Endpoints = [.. kernel.Endpoints.Select(e => e?.ToString())],
        LocalEndpoints = [.. kernel.LocalEndpoints.Select(e => e?.ToString())],
        Sets = [.. kernel.Sets],
        SourceRanges = [.. kernel.SourceRanges],
        Hairpins = [.. kernel.Hairpins.Select(e => e.ToString())],
        AffinityEndpoints = [.. kernel.Affinity?.Endpoints.Select(e => e.ToString()) ?? []],
        LocalAffinityEndpoints = [.. kernel.Affinity?.LocalEndpoints.Select(e => e.ToString()) ?? []],
    };

    /// <summary>As the kernel should have it.</summary>
    public static FrontendView Of(ProxyState state, Frontend frontend, IPFamily family)
    {
        if (state.Serving(frontend) is not { } serving)
            return new FrontendView();
        var spec = FrontendSpec.Of(frontend, serving.Port, serving.Role, family);
        var (verdict, offNode) = (Text(spec.Verdict), Text(spec.OffNodeVerdict));
        return new FrontendView
        {
            Owner = verdict is null && offNode is null ? null : OwnerComment.Text(spec.Owner),
            Verdict = verdict,
            OffNodeVerdict = offNode,
            Endpoints = Texts(spec.Endpoints),
            LocalEndpoints = Texts(spec.LocalEndpoints),
            Sets = [.. Sets(spec, frontend)],
            SourceRanges = [.. spec.SourceRanges.Select(r => r.ToString())],
            Hairpins = Texts(spec.Endpoints.Union(spec.LocalEndpoints).Where(e => !e.IsRemote)),
            AffinityEndpoints = spec.HasAffinity ? Texts(spec.Endpoints) : [],
            LocalAffinityEndpoints = spec.HasAffinity ? Texts(spec.LocalEndpoints) : [],
        };
    }

    /// <summary>As it should be served in any mode.</summary>
    public static FrontendView InPlainWords(ProxyState state, Frontend frontend, IPFamily family)
    {
        var view = Of(state, frontend, family);
        return view with
        {
            Verdict = Plain(view.Verdict, view.Endpoints.Count),
            OffNodeVerdict = Plain(view.OffNodeVerdict, view.LocalEndpoints.Count),
            Sets = [],
            Hairpins = [],
            AffinityEndpoints = [],
            LocalAffinityEndpoints = [],
        };
    }

    private static string? Plain(string? verdict, int endpoints) => verdict is null or "drop" ? verdict : endpoints == 1 ? "to its endpoint" : $"to one of {endpoints} endpoints";

    private static string? Text(FrontendVerdict verdict) => verdict.Kind switch
    {
        FrontendVerdictKind.FanOut => $"goto {verdict.FanOut.ChainName}",
        FrontendVerdictKind.Drop => "drop",
        _ => null,
    };

    private static string[] Texts(IEnumerable<ProxyEndpoint> endpoints) => [.. endpoints.Select(e => e.Target.ToString())];

    private static IEnumerable<string> Sets(FrontendSpec spec, Frontend frontend)
    {
        if (spec.Membership.HasFlag(Membership.ClusterIP))
            yield return TableSets.Name(TableSet.ClusterIPs);
        foreach (var (membership, set) in TableSets.Memberships)
        {
            if (spec.Membership.HasFlag(membership))
                yield return TableSets.Name(set);
        }

        if (spec.HasAffinity)
            yield return TableSets.Name(TableSets.AffinityIdsOf(frontend));
    }
}
