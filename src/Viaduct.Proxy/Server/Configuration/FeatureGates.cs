using System.Collections.Immutable;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>What <c>featureGates</c> may say, and what of it has an effect here: the two pages, which are alpha in kube-proxy 1.34.</summary>
internal static class FeatureGates
{
    public const string Flagz = "ComponentFlagz";
    public const string Statusz = "ComponentStatusz";
    private const string AllAlpha = "AllAlpha";

    /// <summary>A sentence for each gate that does not exist or cannot be moved.</summary>
    public static IEnumerable<string> Problems(ImmutableSortedDictionary<string, bool> gates)
    {
        foreach (var (name, value) in gates)
        {
            if (!KnownFeatureGates.All.TryGetValue(name, out var locked))
                yield return $"featureGates has the gate {name}, which kube-proxy {KnownFeatureGates.Release} does not know: correct its name or leave it out.";
            else if (locked is { } only && only != value)
                yield return $"featureGates sets {name} to {Text(value)}, but it is locked to {Text(only)}: leave it out.";
        }
    }

    /// <summary>Whether a gate that is alpha, and so off unless somebody says otherwise, is on.</summary>
    public static bool IsAlphaEnabled(this ProxyConfiguration configuration, string gate)
    {
        var gates = configuration.FeatureGates;
        return gates.TryGetValue(gate, out var said) ? said : gates.GetValueOrDefault(AllAlpha);
    }

    private static string Text(bool value) => value ? "true" : "false";
}
