using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Events;

/// <summary>
/// Writes Events for what people look up with <c>kubectl describe</c>. Recording never waits and never fails: the writing is
/// done by <see cref="RunAsync"/>. The same event about the same object is counted instead of written again.
/// </summary>
public sealed partial class EventRecorder
{
    private const int MostRemembered = 4096;
    private readonly Channel<Event> _queue;
    private readonly IKubeApi _api;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly EventSource _source;
    private readonly Dictionary<(string?, string?, string?), (string Name, int Count)> _written = [];

    /// <param name="api">Where the events go.</param>
    /// <param name="component">Who tells, such as <c>kubelet</c>.</param>
    /// <param name="host">On which node, or null.</param>
    /// <param name="log">For events that could not be written.</param>
    /// <param name="time">The clock.</param>
    public EventRecorder(IKubeApi api, string component, string? host, ILogger log, TimeProvider? time = null)
        : this(api, new EventSource { Component = component, Host = host }, log, time ?? TimeProvider.System, Channel.CreateUnbounded<Event>())
    {
    }

    private EventRecorder(IKubeApi api, EventSource source, ILogger log, TimeProvider time, Channel<Event> queue) =>
        (_api, _source, _log, _time, _queue) = (api, source, log, time, queue);

    /// <summary>A recorder that tells under another name and shares this one's <see cref="RunAsync"/>.</summary>
    public EventRecorder As(string component) => new(_api, _source with { Component = component }, _log, _time, _queue);

    public void Normal(IKubeObject about, string reason, string message) => Record(about, "Normal", reason, message);

    public void Warning(IKubeObject about, string reason, string message) => Record(about, "Warning", reason, message);

    /// <summary>Writes events until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var recorded in _queue.Reader.ReadAllAsync(cancellation))
                await WriteAsync(recorded, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The end of this program: what is not written yet does not matter any more.
        }
    }

    private void Record(IKubeObject about, string type, string reason, string message)
    {
        var now = _time.GetUtcNow();
        _queue.Writer.TryWrite(new Event
        {
            Metadata = new ObjectMeta { Namespace = about.Metadata.Namespace ?? "default" },
            InvolvedObject = new ObjectReference
            {
                ApiVersion = about.ApiVersion,
                Kind = about.Kind,
                Namespace = about.Metadata.Namespace,
                Name = about.Metadata.Name,
                Uid = about.Metadata.Uid,
                ResourceVersion = about.Metadata.ResourceVersion,
            },
            Type = type,
            Reason = reason,
            Message = message,
            Count = 1,
            FirstTimestamp = now,
            LastTimestamp = now,
            Source = _source,
            ReportingComponent = _source.Component,
        });
    }

    private async Task WriteAsync(Event value, CancellationToken cancellation)
    {
        var key = (value.InvolvedObject!.Uid, value.Reason, value.Message);
        try
        {
            if (_written.TryGetValue(key, out var earlier) && await CountAsync(value, earlier.Name, earlier.Count + 1, cancellation))
            {
                _written[key] = (earlier.Name, earlier.Count + 1);
                return;
            }
            if (_written.Count >= MostRemembered)
                _written.Clear();
            var name = $"{value.InvolvedObject.Name}.{UniqueSuffix()}";
            await _api.CreateAsync(value with { Metadata = value.Metadata with { Name = name } }, cancellation);
            _written[key] = (name, 1);
        }
        catch (KubeApiException e)
        {
            LogLost(_log, value.Reason, value.InvolvedObject.Name, e.Message);
        }
    }

    /// <summary>False when the earlier event is gone.</summary>
    private async Task<bool> CountAsync(Event value, string name, int count, CancellationToken cancellation)
    {
        var patch = new JsonObject { ["count"] = count, ["lastTimestamp"] = KubeTime.Format(value.LastTimestamp!.Value) };
        try
        {
            await _api.PatchAsync<Event>(value.Metadata.Namespace, name, patch, null, cancellation);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private static string UniqueSuffix() => Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Debug, Message = "event {Reason} about {Name} was not written: {Why}")]
    private static partial void LogLost(ILogger log, string? reason, string? name, string why);
}
