using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
    private const int MADV_DONTNEED = 4, MADV_NOHUGEPAGE = 15;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);

    /// <summary>Private anonymous memory: zeros, which the kernel provides page by page when they are touched first.</summary>
    public sealed unsafe class AnonymousMemory : SafeHandle
    {
        private readonly nuint _length;

        /// <summary>Maps memory; <see cref="IsInvalid"/> when the kernel refuses.</summary>
        public AnonymousMemory(nuint length)
            : base(-1, ownsHandle: true)
        {
            _length = length;
            SetHandle(mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            // A huge page would be one fault instead of 512. A kernel without them refuses, which is as good.
            if (!IsInvalid)
                _ = madvise(handle, length, MADV_NOHUGEPAGE);
        }

        public override bool IsInvalid => handle == -1;

        /// <summary>Writes one byte into each page.</summary>
        public void Touch(nuint pageSize)
        {
            for (var page = (byte*)handle; page < (byte*)handle + _length; page += pageSize)
                Volatile.Write(ref *page, 1);
        }

        /// <summary>Gives the pages back to the kernel: whoever reads one gets zeros again.</summary>
        public int Drop() => madvise(handle, _length, MADV_DONTNEED);

        protected override bool ReleaseHandle() => munmap(handle, _length) == 0;
    }
}
