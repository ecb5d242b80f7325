using System.Text;

namespace Viaduct.Linux.Nftables;

/// <summary>
/// Adds or deletes many elements of one set within a batch: each is encoded at once, so that a hundred thousand elements are no hundred thousand
/// objects. Its changes take place where <see cref="NftBatch.Elements"/> was called, so several writers may be filled in any order.
/// </summary>
public sealed class NftElementWriter
{
    // An attribute's length is 16 bits; the list of elements is one attribute.
    internal const int MaxListSize = 60_000;
    private const int FirstListSize = 1024;

    private readonly NftBatch batch;
    private readonly NftTable table;
    private readonly string set;
    private readonly bool isDelete;
    private readonly List<ElementsCommand> commands = [];

    internal NftElementWriter(NftBatch batch, NftTable table, string set, bool isDelete)
    {
        this.batch = batch;
        this.table = table;
        this.set = set;
        this.isDelete = isDelete;
    }

    /// <summary>How many elements were written.</summary>
    public int Count { get; private set; }

    internal IReadOnlyList<ElementsCommand> Commands => commands;

    /// <summary>Writes an element; of one to delete only the key counts.</summary>
    public void Write(in NftElementView element)
    {
        var size = NftElementCodec.Size(element, isDelete);
        NftElementCodec.Write(Reserve(size), element, isDelete);
        Count++;
    }

    /// <summary>Writes an element; of one to delete only the key counts.</summary>
    public void Write(NftElement element) => Write(new NftElementView(element.Key.Span)
    {
        KeyEnd = element.KeyEnd is { } end ? end.Span : default,
        Value = element.Value is { } value ? value.Span : default,
        Verdict = element.Verdict?.Kind,
        Chain = Encode(element.Verdict?.Chain),
        Comment = Encode(element.Comment),
        IsIntervalEnd = element.IsIntervalEnd,
        Timeout = element.Timeout ?? default,
    });

    private static ReadOnlySpan<byte> Encode(string? text) => text is null ? default : Encoding.UTF8.GetBytes(text);

    private Span<byte> Reserve(int size)
    {
        if (commands.Count == 0 || commands[^1].Length + size > MaxListSize)
        {
            commands.Add(new ElementsCommand(table, set, isDelete, FirstListSize));
            batch.CountBytes(commands[^1].SizeHint);
        }

        batch.CountBytes(size);
        return commands[^1].Reserve(size, MaxListSize);
    }
}
