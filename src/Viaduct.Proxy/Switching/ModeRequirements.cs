using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Switching;

/// <summary>Whether this machine can serve by a mode; another one is never taken instead.</summary>
public static class ModeRequirements
{
    /// <summary>Tries it in the calling thread's network namespace; nothing of the trial stays.</summary>
    /// <exception cref="ProxyModeException">Says what is missing and what to do.</exception>
    public static void Require(ProxyMode mode, IEnumerable<BackendOptions> families)
    {
        if (families.SelectMany(f => ProxyBackends.FindMissingFeatures(mode, f)).Distinct().ToList() is { Count: > 0 } missing)
            throw new ProxyModeException($"This machine cannot serve Services in mode {mode.Name()}: {string.Join(' ', missing)}");
    }
}
