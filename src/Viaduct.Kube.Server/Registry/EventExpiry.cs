using System.Globalization;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry.Selectors;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Removes Events an hour after they were last seen, as the real server does: they are news, not state.</summary>
internal sealed class EventExpiry(ObjectRegistry registry, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>Removes what has expired at <paramref name="now"/>.</summary>
    public async Task RemoveAsync(DateTimeOffset now)
    {
        var strategy = registry.Catalog["events"];
        var all = registry.Reader.List(strategy, ObjectFilter.Parse(strategy, null, null, null), ListOptions.Default);
        foreach (var item in all.Items.Where(i => now - LastSeen(i.Root) > Lifetime))
        {
            try
            {
                await registry.Remover.DeleteAsync(strategy, item.Key.Namespace, item.Key.Name, DeleteOptions.Default).ConfigureAwait(false);
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                // Somebody else deleted it.
            }
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
                await RemoveAsync(DateTimeOffset.UtcNow).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        catch (Exception e)
        {
            Log.EventExpiryFailed(logger, e);
        }
    }

    private static DateTimeOffset LastSeen(System.Text.Json.JsonElement ev)
    {
        var text = ev.TextAt("series", "lastObservedTime") ?? ev.TextAt("lastTimestamp") ?? ev.TextAt("eventTime") ?? ev.TextAt("metadata", "creationTimestamp");
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : DateTimeOffset.MaxValue;
    }
}
