using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Switching;

/// <summary>
/// Serves by one mode and changes to another one while it serves: the rules of the new mode are whole before those of the former one go.
/// While both are there either may translate a connection's first packet, and both follow every change. What other modes left, in an
/// earlier life of the proxy, goes in the same order: after the first application.
/// </summary>
public sealed class SwitchingBackend : IProxyBackend
{
    private readonly IProxyModes modes;
    private readonly ILogger log;
    private readonly SemaphoreSlim switching = new(1, 1);
    // Held for an application, and while one backend takes the place of another.
    private readonly SemaphoreSlim applying = new(1, 1);
    private readonly Drains drains;
    private readonly Leftovers leftovers;
    private volatile ServingBackend serving;
    private ProxyState? latest;
    private MissedChanges? missed;
    private HashSet<ServiceName> refused = [];

    public SwitchingBackend(IProxyModes modes, ProxyMode mode, ILogger log)
    {
        this.modes = modes;
        this.log = log;
        serving = new ServingBackend(mode, modes.Open(mode));
        drains = new Drains(modes, switching, applying, () => Mode, log);
        leftovers = new Leftovers(modes, modes.All.Where(m => m != mode), drains);
    }

    /// <summary>The mode that serves.</summary>
    public ProxyMode Mode => serving.Mode;

    /// <inheritdoc/>
    public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        using var turn = await Turn.TakeAsync(applying, cancellation);
        latest = desired;
        missed?.Add(change);
        var report = await serving.Backend.ApplyAsync(change, desired, cancellation);
        refused = [.. report.Refused.Select(r => r.Service)];
        leftovers.Remove(Mode);
        return report;
    }

    /// <summary>What the kernel has of a Service port by the mode that serves; null if that mode cannot show it.</summary>
    public async Task<IReadOnlyList<KernelItem>?> InspectAsync(ProxyState desired, ServicePortState port, CancellationToken cancellation)
    {
        using var turn = await Turn.TakeAsync(applying, cancellation);
        return serving.Backend is IInspectedBackend inspected ? await inspected.InspectAsync(desired, port, cancellation) : null;
    }

    /// <summary>As the backend that serves waits; and what a former one left asks for another application, too.</summary>
    public async Task WaitForForeignEditAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var now = serving;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, now.Replaced);
            try
            {
                await now.Backend.WaitForForeignEditAsync(stop.Token);
                return;
            }
            catch (Exception) when (now.Replaced.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                using var turn = await Turn.TakeAsync(applying, cancellation);
                if (leftovers.Any)
                    return;
            }
        }
    }

    /// <summary>Changes the mode; nothing to do if it serves already. Connections that are established live on.</summary>
    /// <exception cref="ProxyModeException">The mode could not take over, and the former one still serves; or what the former one left could not be removed yet.</exception>
    public async Task SwitchAsync(ProxyMode mode, CancellationToken cancellation)
    {
        using var turn = await Turn.TakeAsync(switching, cancellation);
        if (mode == Mode)
            return;
        var former = Mode;
        IProxyBackend? next = null;
        try
        {
            next = modes.Open(mode);
            var isWritten = await WriteAsync(next, cancellation);
            await ReplaceAsync(new ServingBackend(mode, next), isWritten, cancellation);
        }
        catch (Exception e) when (Mode == former)
        {
            await AbandonAsync(mode, next);
            if (cancellation.IsCancellationRequested)
                throw;
            throw new ProxyModeException($"Services stay in mode {former.Name()}, because {mode.Name()} could not take over: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        serving.Backend.Dispose();
        leftovers.Dispose();
        drains.Dispose();
    }

    /// <summary>The whole state at once, which may take seconds; the mode that serves follows changes meanwhile. False when there is none yet.</summary>
    private async Task<bool> WriteAsync(IProxyBackend next, CancellationToken cancellation)
    {
        ProxyState? state;
        using (await Turn.TakeAsync(applying, cancellation))
            (state, missed) = (latest, new MissedChanges());
        if (state is null)
            return false;
        RequireAll(await next.ApplyAsync(new ProxyChange([.. state.Claims.Keys], ServiceCidrsChanged: true), state, cancellation));
        return true;
    }

    /// <summary>Writes what changed meanwhile and takes the place. No change comes between the last one that both have and the end of the former's rules.</summary>
    private async Task ReplaceAsync(ServingBackend next, bool isWritten, CancellationToken cancellation)
    {
        using var turn = await Turn.TakeAsync(applying, cancellation);
        var change = missed!.ToChange();
        if (latest is { } state && !(isWritten && change.IsEmpty))
            RequireAll(await next.Backend.ApplyAsync(change, state, cancellation));
        var former = serving;
        (serving, missed) = (next, null);
        SwitchingLog.Switched(log, former.Mode.Name(), next.Mode.Name());
        leftovers.Forget(next.Mode);
        leftovers.Add(former.Mode, former.Backend);
        former.Replace();
        // Without a state of its own it serves nothing yet; then what there is must stay.
        if (latest is not null)
            leftovers.Remove(next.Mode);
    }

    /// <summary>What the former mode serves must not be lost by the change.</summary>
    private void RequireAll(ProxyReport report)
    {
        if (report.Refused.Where(r => !refused.Contains(r.Service)).Take(1).ToList() is [var problem])
            throw new ProxyModeException(problem.Message);
    }

    /// <summary>Its rules may have led connections to it already, so it ends as one that served.</summary>
    private async Task AbandonAsync(ProxyMode mode, IProxyBackend? next)
    {
        using var turn = await Turn.TakeAsync(applying, CancellationToken.None);
        missed = null;
        if (next is null)
            return;
        leftovers.Add(mode, next);
        try
        {
            if (latest is not null)
                leftovers.Remove(Mode);
        }
        catch (ProxyModeException e)
        {
            SwitchingLog.NotRemoved(log, e, mode.Name());
        }
    }
}
