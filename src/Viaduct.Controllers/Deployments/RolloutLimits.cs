using System.Globalization;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Deployments;

/// <summary>How far a rollout may go above and below the wanted number of pods.</summary>
internal readonly record struct RolloutLimits(int MaxSurge, int MaxUnavailable)
{
    private static readonly IntOrString s_default = "25%";

    public static RolloutLimits Of(DeploymentSpec? spec)
    {
        if (IsRecreate(spec))
            return new RolloutLimits(0, 0);
        var replicas = spec?.Replicas ?? 1;
        var surge = Resolve(spec?.Strategy?.RollingUpdate?.MaxSurge ?? s_default, replicas, up: true);
        var unavailable = Resolve(spec?.Strategy?.RollingUpdate?.MaxUnavailable ?? s_default, replicas, up: false);
        // With neither allowed nothing could ever move.
        return new RolloutLimits(surge, surge == 0 && unavailable == 0 ? 1 : Math.Min(unavailable, replicas));
    }

    public static bool IsRecreate(DeploymentSpec? spec) => spec?.Strategy?.Type == "Recreate";

    /// <summary>A share of a surge is rounded up, of unavailability down.</summary>
    private static int Resolve(IntOrString value, int replicas, bool up)
    {
        if (value.Name is null)
            return value.Number;
        if (!int.TryParse(value.Name.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
            return 0;
        return up ? ((replicas * percent) + 99) / 100 : replicas * percent / 100;
    }
}
