using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Switching;

/// <summary>Backends that do not serve any more but still have connections.</summary>
/// <param name="modes">Removes what they leave.</param>
/// <param name="switching">Held while the mode changes: what one mode leaves must not go while another life of it begins.</param>
/// <param name="applying">Held while something is removed.</param>
/// <param name="serving">The mode that serves now.</param>
/// <param name="log">For people.</param>
internal sealed class Drains(IProxyModes modes, SemaphoreSlim switching, SemaphoreSlim applying, Func<ProxyMode> serving, ILogger log)
{
    private readonly Dictionary<IDrainingBackend, (ProxyMode Mode, CancellationTokenSource Stop)> draining = [];

    /// <summary>Disposes of it when its last connection has ended. Called with the turn.</summary>
    public void Begin(ProxyMode mode, IDrainingBackend backend)
    {
        var stop = new CancellationTokenSource();
        draining[backend] = (mode, stop);
        _ = EndAsync(mode, backend, stop.Token);
    }

    /// <summary>The proxy ends, and with it the connections.</summary>
    public void Dispose()
    {
        foreach (var (backend, (_, stop)) in draining)
        {
            stop.Cancel();
            backend.Dispose();
        }
    }

    private async Task EndAsync(ProxyMode mode, IDrainingBackend backend, CancellationToken stop)
    {
        try
        {
            await backend.WaitForLastConnectionAsync(stop);
            using var settled = await Turn.TakeAsync(switching, stop);
            using var turn = await Turn.TakeAsync(applying, stop);
            draining.Remove(backend);
            backend.Dispose();
            // If the mode came back, or an earlier one of it has connections yet, the last one removes.
            if (serving() != mode && !draining.Values.Any(d => d.Mode == mode))
                modes.Remove(mode, serving());
            SwitchingLog.Drained(log, mode.Name());
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            SwitchingLog.NotRemoved(log, e, mode.Name());
        }
        catch (OperationCanceledException)
        {
            // The proxy ends.
        }
    }
}
