using System.Globalization;
using System.Text.Json;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Http;

/// <summary>Writes meta.k8s.io/v1 Table; of a watch only the first event names the columns.</summary>
internal static class TableWriter
{
    public static void Write(
        Utf8JsonWriter writer, TableDefinition table, IReadOnlyList<StoredObject> items, TableObject rowObject, Action<Utf8JsonWriter> listMeta, bool withColumns = true)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "Table");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WriteStartObject("metadata");
        listMeta(writer);
        writer.WriteEndObject();
        if (withColumns)
            WriteColumns(writer, table);
        else
            writer.WriteNull("columnDefinitions");
        writer.WriteStartArray("rows");
        var now = DateTimeOffset.UtcNow;
        foreach (var item in items)
            WriteRow(writer, table, item, rowObject, now);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteColumns(Utf8JsonWriter writer, TableDefinition table)
    {
        writer.WriteStartArray("columnDefinitions");
        foreach (var column in table.Columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("type", column.Type);
            writer.WriteString("format", column.Format);
            writer.WriteString("description", column.Description);
            writer.WriteNumber("priority", column.Priority);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter writer, TableDefinition table, StoredObject item, TableObject rowObject, DateTimeOffset now)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("cells");
        foreach (var column in table.Columns)
            WriteCell(writer, column.Cell(item.Root, now));
        writer.WriteEndArray();
        writer.WritePropertyName("object");
        switch (rowObject)
        {
            case TableObject.None:
                writer.WriteNullValue();
                break;
            case TableObject.Whole:
                writer.WriteRawValue(item.Json.Span, skipInputValidation: true);
                break;
            default:
                WriteMetadata(writer, item);
                break;
        }
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, StoredObject item)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "PartialObjectMetadata");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WritePropertyName("metadata");
        item.Root.GetProperty("metadata").WriteTo(writer);
        writer.WriteEndObject();
    }

    private static void WriteCell(Utf8JsonWriter writer, object cell)
    {
        switch (cell)
        {
            case long number:
                writer.WriteNumberValue(number);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(cell, CultureInfo.InvariantCulture));
                break;
        }
    }
}
