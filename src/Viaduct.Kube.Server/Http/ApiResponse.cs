using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Http;

/// <summary>Writes answers: an object, a list, a table, a Status.</summary>
internal static class ApiResponse
{
    private const string Json = "application/json";

    public static Task WriteObjectAsync(this HttpResponse response, StoredObject value, ResourceStrategy strategy, ResponseFormat format, int code = 200)
    {
        if (!format.IsTable)
            return response.WriteJsonAsync(value.Json, code);
        return response.WriteJsonAsync(writer => TableWriter.Write(writer, strategy.Table, [value], format.TableObject, w => WriteListMeta(w, value.Revision)), code);
    }

    public static Task WriteListAsync(this HttpResponse response, ObjectPage page, ResourceStrategy strategy, ResponseFormat format) =>
        response.WriteJsonAsync(writer =>
        {
            if (format.IsTable)
                TableWriter.Write(writer, strategy.Table, page.Items, format.TableObject, w => WriteListMeta(w, page));
            else
                WriteList(writer, page, strategy.Resource);
        });

    public static Task WriteStatusAsync(this HttpResponse response, KubeApiException failure)
    {
        if (failure.Status.Details?.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return response.WriteJsonAsync(JsonSerializer.SerializeToUtf8Bytes(failure.Status, KubeJson.Default.Status), failure.Status.Code);
    }

    /// <summary>The answer to a deletion or to an action that has no object.</summary>
    public static Task WriteSuccessAsync(this HttpResponse response, ResourceType resource, StoredObject value, int code = 200) =>
        response.WriteJsonAsync(JsonSerializer.SerializeToUtf8Bytes(new Status
        {
            Outcome = "Success",
            Code = code,
            Details = new StatusDetails
            {
                Name = value.Key.Name,
                Group = resource.Group.Length == 0 ? null : resource.Group,
                Kind = resource.Plural,
                Uid = value.Root.TextAt("metadata", "uid"),
            },
        }, KubeJson.Default.Status), code);

    public static Task WriteJsonAsync(this HttpResponse response, JsonObject value, int code = 200) => response.WriteJsonAsync(value.ToUtf8(), code);

    public static async Task WriteJsonAsync(this HttpResponse response, ReadOnlyMemory<byte> body, int code = 200, string contentType = Json)
    {
        response.StatusCode = code;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    public static void WriteListMeta(Utf8JsonWriter writer, long revision) =>
        writer.WriteString("resourceVersion", revision.ToString(CultureInfo.InvariantCulture));

    private static async Task WriteJsonAsync(this HttpResponse response, Action<Utf8JsonWriter> write, int code = 200)
    {
        response.StatusCode = code;
        response.ContentType = Json;
        using (var writer = new Utf8JsonWriter(response.BodyWriter, JsonNodes.WriterOptions))
            write(writer);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    private static void WriteList(Utf8JsonWriter writer, ObjectPage page, ResourceType resource)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", $"{resource.Kind}List");
        writer.WriteString("apiVersion", resource.ApiVersion);
        writer.WriteStartObject("metadata");
        WriteListMeta(writer, page);
        writer.WriteEndObject();
        writer.WriteStartArray("items");
        foreach (var item in page.Items)
            writer.WriteRawValue(item.Json.Span, skipInputValidation: true);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteListMeta(Utf8JsonWriter writer, ObjectPage page)
    {
        WriteListMeta(writer, page.Revision);
        if (page.Continue is not null)
            writer.WriteString("continue", page.Continue);
        if (page.Remaining is { } remaining)
            writer.WriteNumber("remainingItemCount", remaining);
    }
}
