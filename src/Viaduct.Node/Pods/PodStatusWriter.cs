using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>
/// Brings the newest wanted status of one pod to the API, in its own time: a slow or absent API server never holds up the pod.
/// Statuses in between that were overtaken are never written.
/// </summary>
internal sealed class PodStatusWriter(IKubeApi api, string ns, string name, string? uid, ILogger log)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
    private PodStatus? _wanted;
    private PodStatus? _known;
    private ulong _knownVersion;

    /// <summary>What the API has, as the watch tells it.</summary>
    public void Observe(Pod pod)
    {
        lock (_lock)
        {
            var version = ulong.TryParse(pod.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            if (version >= _knownVersion)
                (_known, _knownVersion) = (pod.Status, version);
        }
    }

    public void Publish(PodStatus wanted)
    {
        lock (_lock)
            _wanted = wanted;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Writes until cancelled, or until the pod is gone.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(cancellation))
            {
                _wake.Reader.TryRead(out _);
                if (!await WriteAsync(cancellation))
                    return;
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The pod's worker has ended.
        }
    }

    private async Task<bool> WriteAsync(CancellationToken cancellation)
    {
        System.Text.Json.Nodes.JsonObject? patch;
        lock (_lock)
            patch = _wanted is null ? null : PodStatusPatch.Make(uid, _known, _wanted);
        if (patch is null)
            return true;
        try
        {
            Observe(await api.PatchAsync<Pod>(ns, name, patch, "status", cancellation));
            _backoff.Reset();
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // The pod is gone, or its name belongs to another one by now: nobody waits for this status.
            return false;
        }
        catch (KubeApiException e)
        {
            Log.StatusNotWritten(log, ns, name, e.Message);
            await Task.Delay(_backoff.Next(), cancellation);
            _wake.Writer.TryWrite(true);
            return true;
        }
    }
}
