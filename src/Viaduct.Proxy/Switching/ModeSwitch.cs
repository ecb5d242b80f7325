using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Switching;

/// <summary>The mode of a proxy, and its change in all of its families or in none.</summary>
/// <param name="backends">One for each family.</param>
/// <param name="require">Throws if the machine cannot serve by a mode.</param>
public sealed class ModeSwitch(IReadOnlyDictionary<IPFamily, SwitchingBackend> backends, Action<ProxyMode> require)
{
    public ProxyMode Mode => backends.Values.First().Mode;

    /// <summary>Changes the mode while Services are served; returns when the rules of the former one are gone.</summary>
    /// <exception cref="ProxyModeException">The machine lacks something, or a family could not change: then all have the former mode.</exception>
    public async Task ChangeAsync(ProxyMode mode, CancellationToken cancellation)
    {
        var former = Mode;
        if (mode != former)
            require(mode);
        try
        {
            foreach (var backend in backends.Values)
                await backend.SwitchAsync(mode, cancellation);
        }
        catch
        {
            await ReturnAsync(former);
            throw;
        }
    }

    private async Task ReturnAsync(ProxyMode former)
    {
        // Those that changed, unless all did: then only something that is left could not be removed, and is tried again.
        if (backends.Values.All(b => b.Mode != former))
            return;
        foreach (var backend in backends.Values)
            await backend.SwitchAsync(former, CancellationToken.None);
    }
}
