using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>Elements as attributes inside NFTA_LIST_ELEM, each written straight to the place where it is sent from.</summary>
internal static class NftElementCodec
{
    private const int Header = NlWriter.AttributeHeaderSize;

    /// <summary>The exact size of what <see cref="Write"/> writes.</summary>
    public static int Size(in NftElementView element, bool keyOnly)
    {
        var size = Header + DataSize(element.Key);
        if (!element.KeyEnd.IsEmpty)
            size += DataSize(element.KeyEnd);
        if (element.IsIntervalEnd)
            size += Header + 4;
        return keyOnly ? size : size + ContentSize(element);
    }

    // NFTA_SET_ELEM_KEY data, _FLAGS be32, _KEY_END data, _DATA data or verdict, _TIMEOUT be64, _USERDATA bytes
    public static void Write(Span<byte> target, in NftElementView element, bool keyOnly)
    {
        var writer = new AttributeSpan(target);
        writer.Open(NFTA_LIST_ELEM, target.Length - Header);
        WriteData(ref writer, NFTA_SET_ELEM_KEY, element.Key);
        if (element.IsIntervalEnd)
            writer.Add(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
        if (!element.KeyEnd.IsEmpty)
            WriteData(ref writer, NFTA_SET_ELEM_KEY_END, element.KeyEnd);
        if (!keyOnly)
            WriteContent(ref writer, element);
    }

    /// <summary>Reads the attributes inside NFTA_LIST_ELEM.</summary>
    public static NftElementView Read(NlAttributes attributes)
    {
        ReadOnlySpan<byte> key = default, keyEnd = default, comment = default;
        var value = default(Content);
        var counter = default(Counter);
        TimeSpan timeout = default, expiration = default;
        var isEnd = false;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case NFTA_SET_ELEM_KEY:
                    key = Content.Read(attribute).Value;
                    break;
                case NFTA_SET_ELEM_KEY_END:
                    keyEnd = Content.Read(attribute).Value;
                    break;
                case NFTA_SET_ELEM_DATA:
                    value = Content.Read(attribute);
                    break;
                case NFTA_SET_ELEM_FLAGS:
                    isEnd = (attribute.AsUInt32BigEndian() & NFT_SET_ELEM_INTERVAL_END) != 0;
                    break;
                case NFTA_SET_ELEM_USERDATA:
                    comment = NftUserData.FindUtf8(NFTNL_UDATA_SET_ELEM_COMMENT, attribute.Value);
                    break;
                case NFTA_SET_ELEM_TIMEOUT:
                    timeout = Milliseconds(attribute);
                    break;
                case NFTA_SET_ELEM_EXPIRATION:
                    expiration = Milliseconds(attribute);
                    break;
                case NFTA_SET_ELEM_EXPR:
                    counter = Counter.Read(attribute, counter);
                    break;
                case NFTA_SET_ELEM_EXPRESSIONS:
                    foreach (var expression in attribute.Nested())
                        counter = Counter.Read(expression, counter);
                    break;
            }
        }

        return new NftElementView(key)
        {
            KeyEnd = keyEnd,
            Value = value.Value,
            Verdict = value.Verdict,
            Chain = value.Chain,
            Comment = comment,
            IsIntervalEnd = isEnd,
            Timeout = timeout,
            Expiration = expiration,
            HasCounter = counter.Exists,
            Packets = counter.Packets,
            Bytes = counter.Bytes,
        };
    }

    /// <summary>An upper bound of an element's size.</summary>
    public static int Size(NftElement element) =>
        Size(new NftElementView(element.Key.Span) { IsIntervalEnd = element.IsIntervalEnd, KeyEnd = element.KeyEnd is { } end ? end.Span : default }, keyOnly: true)
        + (element.Value is { } value ? DataSize(value.Span) : 0)
        + (element.Verdict is { } verdict ? VerdictSize(System.Text.Encoding.UTF8.GetByteCount(verdict.Chain ?? "")) : 0)
        + (element.Timeout is null ? 0 : Header + 8)
        + (element.Comment is { } comment ? CommentSize(Math.Min(NftUserData.MaxCommentLength, System.Text.Encoding.UTF8.GetByteCount(comment))) : 0);

    private static int ContentSize(in NftElementView element)
    {
        var size = 0;
        if (!element.Value.IsEmpty)
            size += DataSize(element.Value);
        if (element.Verdict is not null)
            size += VerdictSize(element.Chain.Length);
        if (element.Timeout != default)
            size += Header + 8;
        if (!element.Comment.IsEmpty)
            size += CommentSize(NftUserData.FittingLength(element.Comment));
        return size;
    }

    private static void WriteContent(ref AttributeSpan writer, in NftElementView element)
    {
        if (!element.Value.IsEmpty)
            WriteData(ref writer, NFTA_SET_ELEM_DATA, element.Value);
        if (element.Verdict is { } verdict)
            WriteVerdict(ref writer, verdict, element.Chain);
        if (element.Timeout != default)
            writer.Add(NFTA_SET_ELEM_TIMEOUT, (ulong)element.Timeout.TotalMilliseconds);
        if (!element.Comment.IsEmpty)
            writer.AddComment(NFTA_SET_ELEM_USERDATA, NFTNL_UDATA_SET_ELEM_COMMENT, element.Comment[..NftUserData.FittingLength(element.Comment)]);
    }

    private static void WriteData(ref AttributeSpan writer, ushort type, ReadOnlySpan<byte> value)
    {
        writer.Open(type, Header + NlWriter.Align(value.Length));
        writer.Add(NFTA_DATA_VALUE, value);
    }

    private static void WriteVerdict(ref AttributeSpan writer, NftVerdictKind verdict, ReadOnlySpan<byte> chain)
    {
        writer.Open(NFTA_SET_ELEM_DATA, VerdictSize(chain.Length) - Header);
        writer.Open(NFTA_DATA_VERDICT, VerdictSize(chain.Length) - (2 * Header));
        writer.Add(NFTA_VERDICT_CODE, (uint)(int)verdict);
        if (!chain.IsEmpty)
            writer.AddText(NFTA_VERDICT_CHAIN, chain);
    }

    private static int DataSize(ReadOnlySpan<byte> value) => (2 * Header) + NlWriter.Align(value.Length);

    private static int VerdictSize(int chainLength) => (3 * Header) + 4 + (chainLength == 0 ? 0 : Header + NlWriter.Align(chainLength + 1));

    private static int CommentSize(int length) => Header + NlWriter.Align(length + 3);

    private static TimeSpan Milliseconds(NlAttribute attribute) =>
        TimeSpan.FromMilliseconds(Math.Min(attribute.AsUInt64BigEndian(), TimeSpan.MaxValue.TotalMilliseconds / 2));

    // NFTA_DATA_VALUE bytes, or NFTA_DATA_VERDICT { NFTA_VERDICT_CODE be32, NFTA_VERDICT_CHAIN string }
    private ref struct Content
    {
        public ReadOnlySpan<byte> Value;
        public NftVerdictKind? Verdict;
        public ReadOnlySpan<byte> Chain;

        public static Content Read(NlAttribute attribute)
        {
            var content = default(Content);
            foreach (var data in attribute.Nested())
            {
                if (data.Type == NFTA_DATA_VALUE)
                    content.Value = data.Value;
                else if (data.Type == NFTA_DATA_VERDICT)
                    content.ReadVerdict(data);
            }

            return content;
        }

        private void ReadVerdict(NlAttribute attribute)
        {
            foreach (var part in attribute.Nested())
            {
                if (part.Type == NFTA_VERDICT_CODE)
                    Verdict = (NftVerdictKind)(int)part.AsUInt32BigEndian();
                else if (part.Type == NFTA_VERDICT_CHAIN)
                    Chain = part.Value.TrimEnd((byte)0);
            }
        }
    }

    // NFTA_EXPR_NAME "counter", NFTA_EXPR_DATA { NFTA_COUNTER_BYTES be64, NFTA_COUNTER_PACKETS be64 }
    private readonly record struct Counter(bool Exists, ulong Packets, ulong Bytes)
    {
        public static Counter Read(NlAttribute expression, Counter before)
        {
            var counter = before;
            var isCounter = false;
            foreach (var attribute in expression.Nested())
            {
                if (attribute.Type == NFTA_EXPR_NAME)
                    isCounter = attribute.Value.TrimEnd((byte)0).SequenceEqual("counter"u8);
                else if (attribute.Type == NFTA_EXPR_DATA && isCounter)
                    counter = ReadData(attribute);
            }

            return counter;
        }

        private static Counter ReadData(NlAttribute data)
        {
            ulong packets = 0, bytes = 0;
            foreach (var attribute in data.Nested())
            {
                if (attribute.Type == NFTA_COUNTER_PACKETS)
                    packets = attribute.AsUInt64BigEndian();
                else if (attribute.Type == NFTA_COUNTER_BYTES)
                    bytes = attribute.AsUInt64BigEndian();
            }

            return new Counter(true, packets, bytes);
        }
    }

    // Attributes into memory that is exactly large enough and not cleared: padding is written, too.
    private ref struct AttributeSpan(Span<byte> target)
    {
        private Span<byte> rest = target;

        public void Open(ushort type, int length) => AddHeader((ushort)(type | NLA_F_NESTED), length);

        public void Add(ushort type, uint value)
        {
            AddHeader(type, 4);
            BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
        }

        public void Add(ushort type, ulong value)
        {
            AddHeader(type, 8);
            BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
        }

        public void Add(ushort type, ReadOnlySpan<byte> value)
        {
            AddHeader(type, value.Length);
            CopyPadded(value, value.Length);
        }

        public void AddText(ushort type, ReadOnlySpan<byte> utf8)
        {
            AddHeader(type, utf8.Length + 1);
            CopyPadded(utf8, utf8.Length + 1);
        }

        public void AddComment(ushort type, byte userDataType, ReadOnlySpan<byte> utf8)
        {
            AddHeader(type, utf8.Length + 3);
            var data = Take(NlWriter.Align(utf8.Length + 3));
            data[^4..].Clear();
            data[0] = userDataType;
            data[1] = (byte)(utf8.Length + 1);
            utf8.CopyTo(data[2..]);
        }

        private void AddHeader(ushort type, int length)
        {
            var header = Take(Header);
            MemoryMarshal.Write(header, (ushort)(Header + length));
            MemoryMarshal.Write(header[2..], type);
        }

        private void CopyPadded(ReadOnlySpan<byte> value, int length)
        {
            var piece = Take(NlWriter.Align(length));
            value.CopyTo(piece);
            piece[value.Length..].Clear();
        }

        private Span<byte> Take(int length)
        {
            var piece = rest[..length];
            rest = rest[length..];
            return piece;
        }
    }
}
