using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>Streams a watch: one JSON frame a line, sent as soon as nothing more is waiting behind it.</summary>
internal sealed class WatchResponse(HttpContext context, ResourceStrategy strategy, ResponseFormat format)
{
    private readonly HttpResponse _response = context.Response;
    private bool _columnsWritten;

    public async Task WriteAsync(ObjectWatch watch)
    {
        // A watch may be silent for minutes.
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        _response.StatusCode = 200;
        _response.ContentType = "application/json";
        // The client must see the headers before the first event.
        await _response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await _response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        await PumpAsync(watch.ReadAsync(context.RequestAborted)).ConfigureAwait(false);
    }

    private async Task PumpAsync(IAsyncEnumerable<WatchItem> items)
    {
        await using var events = items.GetAsyncEnumerator(context.RequestAborted);
        while (true)
        {
            var next = events.MoveNextAsync();
            if (!next.IsCompleted)
                await _response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (!await next.ConfigureAwait(false))
                break;
            WriteFrame(events.Current);
        }
        await _response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private void WriteFrame(WatchItem item)
    {
        using (var writer = new Utf8JsonWriter(_response.BodyWriter, JsonNodes.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("type", Name(item.Type));
            writer.WritePropertyName("object");
            WriteBody(writer, item);
            writer.WriteEndObject();
        }
        var line = _response.BodyWriter.GetSpan(1);
        line[0] = (byte)'\n';
        _response.BodyWriter.Advance(1);
    }

    private void WriteBody(Utf8JsonWriter writer, WatchItem item)
    {
        if (format.IsTable)
        {
            TableWriter.Write(writer, strategy.Table, item.Object is null ? [] : [item.Object], format.TableObject,
                w => ApiResponse.WriteListMeta(w, item.Revision), !_columnsWritten);
            _columnsWritten = true;
        }
        else if (item.Object is null)
            WriteBookmark(writer, item);
        else
            writer.WriteRawValue(item.Object.Json.Span, skipInputValidation: true);
    }

    private void WriteBookmark(Utf8JsonWriter writer, WatchItem item)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", strategy.Resource.Kind);
        writer.WriteString("apiVersion", strategy.Resource.ApiVersion);
        writer.WriteStartObject("metadata");
        writer.WriteString("resourceVersion", item.Revision.ToString(CultureInfo.InvariantCulture));
        if (item.EndsInitialEvents)
        {
            writer.WriteStartObject("annotations");
            writer.WriteString("k8s.io/initial-events-end", "true");
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Name(WatchEventType type) => type switch
    {
        WatchEventType.Added => "ADDED",
        WatchEventType.Modified => "MODIFIED",
        WatchEventType.Deleted => "DELETED",
        _ => "BOOKMARK",
    };
}
