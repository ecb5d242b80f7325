using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>A char*[] ended by NULL, as argv and envp are.</summary>
public sealed unsafe class NativeStringArray : SafeHandle
{
    private readonly int _count;

    public NativeStringArray(IReadOnlyCollection<string> strings)
        : base(0, ownsHandle: true)
    {
        var pointers = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        SetHandle((nint)pointers);
        foreach (var text in strings)
            pointers[_count++] = (byte*)Marshal.StringToCoTaskMemUTF8(text);
    }

    public override bool IsInvalid => handle == 0;

    internal byte** Pointers => (byte**)handle;

    protected override bool ReleaseHandle()
    {
        for (var i = 0; i < _count; i++)
            Marshal.FreeCoTaskMem((nint)Pointers[i]);
        NativeMemory.Free(Pointers);
        return true;
    }
}
