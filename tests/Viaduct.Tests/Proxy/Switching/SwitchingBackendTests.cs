using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;
using static Viaduct.Tests.Proxy.Switching.FakeModes;

namespace Viaduct.Tests.Proxy.Switching;

public class SwitchingBackendTests
{
    private readonly FakeModes modes = new();
    private ProxyState state = ProxyState.Empty;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_other_modes_left_goes_after_the_first_application_and_only_once()
    {
        using var backend = NewBackend();
        Assert.Empty(modes.Done);
        await ApplyAsync(backend, 1);
        await ApplyAsync(backend, 2);
        Assert.Equal([$"apply {Old}", $"remove {New}", $"remove {Third}", $"apply {Old}"], modes.Done);
    }

    [Fact]
    public async Task The_new_mode_is_whole_before_the_former_goes()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        modes.Done.Clear();
        await backend.SwitchAsync(New, Cancellation);
        Assert.Equal([$"apply {New}", $"remove {Old}"], modes.Done);
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
        Assert.Equal([true, false], modes.Backends.Select(b => b.IsDisposed));
        await ApplyAsync(backend, 2);
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
        Assert.Equal(New, backend.Mode);
    }

    [Fact]
    public async Task The_former_mode_follows_changes_while_the_new_one_is_written_and_the_new_one_has_them_when_it_takes_over()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        var write = Hold(New);
        var switching = backend.SwitchAsync(New, Cancellation);
        await write.Begun;
        await ApplyAsync(backend, 2);
        await ApplyAsync(backend, 3);
        Assert.Equal(state, modes.Rules[Old]);
        write.Release();
        await switching;
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
    }

    [Fact]
    public async Task A_change_that_comes_while_rules_are_removed_waits_and_is_not_lost()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        Task? later = null;
        modes.BeforeRemove = mode =>
        {
            later = ApplyAsync(backend, 2);
            Assert.False(later.IsCompleted);
        };
        await backend.SwitchAsync(New, Cancellation);
        await later!;
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
    }

    [Fact]
    public async Task A_mode_that_fails_leaves_the_former_one_serving_and_nothing_of_itself()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        modes.BeforeApply = mode => mode == New ? throw new InvalidOperationException("it is broken.") : Task.CompletedTask;
        var e = await Assert.ThrowsAsync<ProxyModeException>(() => backend.SwitchAsync(New, Cancellation));
        Assert.Equal("Services stay in mode nftables, because 101 could not take over: it is broken.", e.Message);
        Assert.Equal([KeyValuePair.Create(Old, state)], modes.Rules);
        Assert.Equal([false, true], modes.Backends.Select(b => b.IsDisposed));
        await ApplyAsync(backend, 2);
        Assert.Equal([KeyValuePair.Create(Old, state)], modes.Rules);
        Assert.Equal(Old, backend.Mode);
    }

    [Fact]
    public async Task A_mode_that_refuses_a_Service_which_the_former_serves_does_not_take_over()
    {
        using var backend = NewBackend();
        var (known, fresh) = (new ServiceProblem(new("default", "bad"), "bad is bad."), new ServiceProblem(new("default", "good"), "good is not for me."));
        modes.Refused = _ => [known];
        await ApplyAsync(backend, 1);
        modes.Refused = mode => mode == New ? [known, fresh] : [known];
        var e = await Assert.ThrowsAsync<ProxyModeException>(() => backend.SwitchAsync(New, Cancellation));
        Assert.EndsWith("could not take over: good is not for me.", e.Message, StringComparison.Ordinal);
        Assert.Equal([KeyValuePair.Create(Old, state)], modes.Rules);
        modes.Refused = _ => [known];
        await backend.SwitchAsync(New, Cancellation);
        Assert.Equal(New, backend.Mode);
    }

    [Fact]
    public async Task A_cancelled_change_leaves_the_former_mode()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        var write = Hold(New);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var switching = backend.SwitchAsync(New, stop.Token);
        await write.Begun;
        await stop.CancelAsync();
        write.Release();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => switching);
        Assert.Equal([KeyValuePair.Create(Old, state)], modes.Rules);
    }

    [Fact]
    public async Task Rules_that_cannot_be_removed_are_told_and_tried_again_and_their_backend_lives_until_then()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        var edit = backend.WaitForForeignEditAsync(Cancellation);
        modes.BeforeRemove = mode => throw new InvalidOperationException("locked.");
        var e = await Assert.ThrowsAsync<ProxyModeException>(() => backend.SwitchAsync(New, Cancellation));
        Assert.Equal("Services are served in mode 101, but what mode nftables left could not be removed and is tried again: locked.", e.Message);
        Assert.Equal((New, false), (backend.Mode, modes.Backends[0].IsDisposed));
        // Whoever waits is asked to apply again, which removes it.
        await edit;
        await Assert.ThrowsAsync<ProxyModeException>(() => ApplyAsync(backend, 2));
        modes.BeforeRemove = _ => { };
        await ApplyAsync(backend, 3);
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
        Assert.True(modes.Backends[0].IsDisposed);
    }

    [Fact]
    public async Task Before_a_state_is_known_nothing_is_removed()
    {
        modes.Rules[Old] = modes.Rules[Third] = ProxyState.Empty;
        using var backend = NewBackend();
        await backend.SwitchAsync(New, Cancellation);
        Assert.Empty(modes.Done);
        await ApplyAsync(backend, 1);
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
    }

    [Fact]
    public async Task A_first_state_that_comes_while_the_new_mode_waits_for_its_place_is_written_before_anything_goes()
    {
        modes.Rules[Third] = ProxyState.Empty;
        using var backend = NewBackend();
        var first = Hold(Old);
        var applying = ApplyAsync(backend, 1);
        await first.Begun;
        var switching = backend.SwitchAsync(New, Cancellation);
        first.Release();
        await Task.WhenAll(applying, switching);
        Assert.Equal([KeyValuePair.Create(New, state)], modes.Rules);
        Assert.Equal($"apply {Old}", modes.Done.First());
    }

    [Fact]
    public async Task A_backend_with_connections_stays_until_the_last_has_ended()
    {
        modes.Draining = Old;
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        modes.Done.Clear();
        await backend.SwitchAsync(New, Cancellation);
        Assert.Equal([$"apply {New}", $"stop {Old}"], modes.Done);
        var former = (FakeDrainingBackend)modes.Backends[0];
        Assert.False(former.IsDisposed);
        former.LastConnection.SetResult();
        await UntilAsync(() => former.IsDisposed && modes.Done.Last() == $"remove {Old}");
    }

    [Fact]
    public async Task A_mode_that_came_back_is_not_removed_with_the_last_connection_of_its_earlier_time()
    {
        modes.Draining = Old;
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        await backend.SwitchAsync(New, Cancellation);
        await backend.SwitchAsync(Old, Cancellation);
        modes.Done.Clear();
        var former = (FakeDrainingBackend)modes.Backends[0];
        former.LastConnection.SetResult();
        await UntilAsync(() => former.IsDisposed);
        await ApplyAsync(backend, 2);
        Assert.Equal([$"apply {Old}"], modes.Done);
        Assert.False(modes.Backends[2].IsDisposed);
    }

    [Fact]
    public async Task A_mode_that_comes_back_just_when_the_last_connection_of_its_earlier_time_ends_is_not_removed()
    {
        modes.Draining = Old;
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        await backend.SwitchAsync(New, Cancellation);
        var former = (FakeDrainingBackend)modes.Backends[0];
        var write = Hold(Old);
        var switching = backend.SwitchAsync(Old, Cancellation);
        await write.Begun;
        former.LastConnection.SetResult();
        write.Release();
        await switching;
        await UntilAsync(() => former.IsDisposed);
        Assert.DoesNotContain($"remove {Old}", modes.Done);
    }

    [Fact]
    public async Task At_the_end_of_the_proxy_nothing_is_waited_for()
    {
        modes.Draining = Old;
        var backend = NewBackend();
        await ApplyAsync(backend, 1);
        await backend.SwitchAsync(New, Cancellation);
        backend.Dispose();
        Assert.All(modes.Backends, b => Assert.True(b.IsDisposed));
        Assert.Equal([KeyValuePair.Create(Old, state), KeyValuePair.Create(New, state)], modes.Rules.OrderBy(r => r.Key));
    }

    [Fact]
    public async Task A_mode_that_serves_already_is_left_alone()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        modes.Done.Clear();
        await backend.SwitchAsync(Old, Cancellation);
        Assert.Empty(modes.Done);
        Assert.Single(modes.Backends);
    }

    [Fact]
    public async Task Foreign_edits_are_those_of_the_mode_that_serves()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 1);
        var edit = backend.WaitForForeignEditAsync(Cancellation);
        await backend.SwitchAsync(New, Cancellation);
        modes.Backends[0].Edit();
        Assert.False(edit.IsCompleted);
        modes.Backends[1].Edit();
        await edit;
    }

    [Fact]
    public async Task Changes_back_and_forth_under_random_load_end_with_one_mode_and_the_last_state()
    {
        using var backend = NewBackend();
        await ApplyAsync(backend, 0);
        modes.BeforeApply = async _ => await Task.Yield();
        var changes = Task.Run(async () =>
        {
            for (var i = 1; i <= 300; i++)
            {
                await ApplyAsync(backend, i % 7);
                Assert.Contains(state, modes.Rules.Values);
            }
        }, Cancellation);
        for (var i = 0; !changes.IsCompleted; i++)
            await backend.SwitchAsync(modes.All[i % 3], Cancellation);
        await changes;
        Assert.Equal([KeyValuePair.Create(backend.Mode, state)], modes.Rules);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
            await Task.Delay(1, Cancellation);
    }

    private SwitchingBackend NewBackend() => new(modes, Old, NullLogger.Instance);

    /// <summary>The state with a Service that leads to this many endpoints.</summary>
    private async Task ApplyAsync(SwitchingBackend backend, int endpoints)
    {
        var port = new ServicePortState
        {
            Name = new("default", $"web-{endpoints % 3}", ""),
            ClusterIP = PackedAddress.From(System.Net.IPAddress.Parse($"10.0.0.{1 + (endpoints % 3)}")),
            Protocol = TransportProtocol.Tcp,
            Port = 80,
            Endpoints = [.. Enumerable.Range(1, endpoints).Select(n => new ProxyEndpoint(new(PackedAddress.From(new([10, 1, 0, (byte)n])), 8080), IsRemote: false))],
            HasEndpointsAnywhere = endpoints > 0,
        };
        state = ServiceStep.StateOf(state.Ports.SetItem(port.Name, port));
        await backend.ApplyAsync(new ProxyChange([.. port.Frontends.Select(f => f.Frontend)]), state, Cancellation);
    }

    private (Task Begun, Action Release) Hold(Viaduct.Proxy.Backends.ProxyMode held)
    {
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        modes.BeforeApply = mode =>
        {
            if (mode != held)
                return Task.CompletedTask;
            begun.TrySetResult();
            return release.Task.WaitAsync(Cancellation);
        };
        return (begun.Task, () => release.TrySetResult());
    }
}
