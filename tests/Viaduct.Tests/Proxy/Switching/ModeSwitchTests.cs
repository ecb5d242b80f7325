using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;
using static Viaduct.Tests.Proxy.Switching.FakeModes;

namespace Viaduct.Tests.Proxy.Switching;

public class ModeSwitchTests
{
    private readonly FakeModes four = new(), six = new();
    private readonly Dictionary<IPFamily, SwitchingBackend> backends = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_families_change()
    {
        var change = await NewAsync();
        await change.ChangeAsync(New, Cancellation);
        Assert.Equal(New, change.Mode);
        Assert.Equal([New, New], [.. four.Rules.Keys, .. six.Rules.Keys]);
    }

    [Fact]
    public async Task When_one_family_cannot_all_have_the_former_mode()
    {
        var change = await NewAsync();
        six.BeforeApply = mode => mode == New ? throw new InvalidOperationException("no IPv6.") : Task.CompletedTask;
        var e = await Assert.ThrowsAsync<ProxyModeException>(() => change.ChangeAsync(New, Cancellation));
        Assert.Contains("no IPv6.", e.Message, StringComparison.Ordinal);
        Assert.Equal(Old, change.Mode);
        Assert.Equal([Old, Old], [.. four.Rules.Keys, .. six.Rules.Keys]);
    }

    [Fact]
    public async Task What_the_machine_lacks_is_told_before_anything_is_changed()
    {
        var change = await NewAsync(_ => throw new ProxyModeException("no."));
        four.Done.Clear();
        await Assert.ThrowsAsync<ProxyModeException>(() => change.ChangeAsync(New, Cancellation));
        Assert.Empty(four.Done);
        // The mode that serves is not asked about.
        await change.ChangeAsync(Old, Cancellation);
    }

    private async Task<ModeSwitch> NewAsync(Action<ProxyMode>? require = null)
    {
        foreach (var (family, modes) in new[] { (IPFamily.IPv4, four), (IPFamily.IPv6, six) })
        {
            backends[family] = new SwitchingBackend(modes, Old, NullLogger.Instance);
            await backends[family].ApplyAsync(new ProxyChange([]), ProxyState.Empty, Cancellation);
        }

        return new ModeSwitch(backends, require ?? (_ => { }));
    }
}
