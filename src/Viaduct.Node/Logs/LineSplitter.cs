namespace Viaduct.Node.Logs;

/// <summary>Cuts a byte stream into lines; a line longer than <see cref="MaxLine"/> comes in parts.</summary>
internal sealed class LineSplitter(Action<ReadOnlySpan<byte>, bool> emit)
{
    public const int MaxLine = 16 * 1024;

    private readonly byte[] _pending = new byte[MaxLine];
    private int _length;

    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            var piece = end < 0 ? data : data[..end];
            data = end < 0 ? [] : data[(end + 1)..];
            Collect(piece);
            if (end >= 0)
                Emit(isPartial: false);
        }
    }

    /// <summary>The stream has ended: what is left is a line, too.</summary>
    public void Complete()
    {
        if (_length > 0)
            Emit(isPartial: false);
    }

    private void Collect(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_length == MaxLine)
                Emit(isPartial: true);
            var take = Math.Min(piece.Length, MaxLine - _length);
            piece[..take].CopyTo(_pending.AsSpan(_length));
            _length += take;
            piece = piece[take..];
        }
    }

    private void Emit(bool isPartial)
    {
        emit(_pending.AsSpan(0, _length), isPartial);
        _length = 0;
    }
}
