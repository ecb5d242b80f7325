using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Removes this mode's chains and what leads to them. KUBE-FIREWALL and other chains of kubelet stay.</summary>
internal static class IptablesCleanup
{
    public static async Task RunAsync(NetNamespace ns, IPFamily family)
    {
        foreach (var variant in Enum.GetValues<IptablesVariant>().Where(v => ProgramPaths.Has(family, v)))
        {
            if (variant == IptablesVariant.Legacy && !VariantDetection.HasLegacyTables(ns, family))
                continue;
            using var programs = new IptablesPrograms(ns.Run(NetNamespace.OpenCurrent), family, variant);
            await RunAsync(programs);
        }
    }

    private static async Task RunAsync(IptablesPrograms programs)
    {
        var found = await programs.ReadAsync();
        var rest = found.RemoveRest();
        var shared = found.SharedChains.Where(c => c != ChainNames.Firewall).ToList();
        // Lines of the shared chains go with their chains.
        rest = rest with
        {
            RemovedLines = [.. rest.RemovedLines.Where(l => !shared.Contains(l.Chain))],
            RemovedChains = [.. rest.RemovedChains, .. shared],
        };
        var script = new RestoreScript([rest]);
        try
        {
            if (!script.IsEmpty)
                await programs.RestoreAsync(script.ToBytes());
        }
        catch (RestoreRefusedException e)
        {
            throw new IptablesException($"The chains of Services could not be removed: {e.Message}. Does a rule of somebody else lead to one of them?", e);
        }
    }
}
