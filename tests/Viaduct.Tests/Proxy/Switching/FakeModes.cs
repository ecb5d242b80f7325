using System.Collections.Concurrent;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;

namespace Viaduct.Tests.Proxy.Switching;

/// <summary>A kernel that holds one state for each mode, and backends that write it.</summary>
internal sealed class FakeModes : IProxyModes
{
    public const ProxyMode Old = ProxyMode.Nftables, New = (ProxyMode)101, Third = (ProxyMode)102;

    public IReadOnlyList<ProxyMode> All => [Old, New, Third];

    /// <summary>What each mode has in the kernel.</summary>
    public ConcurrentDictionary<ProxyMode, ProxyState> Rules { get; } = [];

    /// <summary>What was done, in order.</summary>
    public ConcurrentQueue<string> Done { get; } = [];

    /// <summary>Called before a mode's application; may wait or throw.</summary>
    public Func<ProxyMode, Task> BeforeApply { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before a mode is removed; may throw.</summary>
    public Action<ProxyMode> BeforeRemove { get; set; } = _ => { };

    /// <summary>Services that a mode refuses.</summary>
    public Func<ProxyMode, IReadOnlyList<ServiceProblem>> Refused { get; set; } = _ => [];

    public List<FakeBackend> Backends { get; } = [];

    /// <summary>Whose connections run through the process.</summary>
    public ProxyMode? Draining { get; set; }

    public IProxyBackend Open(ProxyMode mode)
    {
        var backend = mode == Draining ? new FakeDrainingBackend(this, mode) : new FakeBackend(this, mode);
        Backends.Add(backend);
        return backend;
    }

    public void Remove(ProxyMode mode, ProxyMode serving)
    {
        BeforeRemove(mode);
        Done.Enqueue($"remove {mode}");
        Rules.TryRemove(mode, out _);
    }
}

internal sealed class FakeDrainingBackend(FakeModes modes, ProxyMode mode) : FakeBackend(modes, mode), IDrainingBackend
{
    public TaskCompletionSource LastConnection { get; } = new();

    public void StopTaking() => Modes.Done.Enqueue($"stop {Mode}");

    public Task WaitForLastConnectionAsync(CancellationToken cancellation) => LastConnection.Task.WaitAsync(cancellation);
}

internal class FakeBackend(FakeModes modes, ProxyMode mode) : IProxyBackend
{
    private readonly TaskCompletionSource edited = new();
    private ProxyState? known;

    public ProxyMode Mode => mode;

    public FakeModes Modes => modes;

    public bool IsDisposed { get; private set; }

    public void Edit() => edited.TrySetResult();

    public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        Assert.False(IsDisposed);
        await modes.BeforeApply(mode);
        cancellation.ThrowIfCancellationRequested();
        RequireWholeChange(change, desired);
        modes.Done.Enqueue($"apply {mode}");
        modes.Rules[mode] = known = desired;
        return new ProxyReport(change.Frontends.Count, 1) { Refused = modes.Refused(mode) };
    }

    public Task WaitForForeignEditAsync(CancellationToken cancellation) => edited.Task.WaitAsync(cancellation);

    public void Dispose() => IsDisposed = true;

    /// <summary>A backend looks at nothing but the change: what differs must be in it.</summary>
    private void RequireWholeChange(ProxyChange change, ProxyState desired)
    {
        if (known is not { } before)
            return;
        foreach (var frontend in before.Claims.Keys.Union(desired.Claims.Keys).Except(change.Frontends))
            Assert.Equal(before.Serving(frontend), desired.Serving(frontend));
    }
}
