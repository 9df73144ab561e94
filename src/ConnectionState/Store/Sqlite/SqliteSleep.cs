using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ConnectionState.Store.Sqlite;

/// <summary>
/// Lets SQLite sleep for as long as it asks. Some builds of it have no sleep below a second: where a read meets a commit that is just being
/// made known and means to wait a few microseconds, it would stand still for a whole second.
/// </summary>
internal static unsafe partial class SqliteSleep
{
    private static readonly Lock Gate = new();

    /// <summary>Puts a finer sleep in the place of the system interface's own. Doing it again does no harm.</summary>
    public static void Refine()
    {
        lock (Gate)
        {
            var system = FindDefault(0);
            if (system is not null)
            {
                system->Sleep = &Sleep;
            }
        }
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial SystemInterface* FindDefault(nint name);

    // The answer is how long it slept, in microseconds.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(SystemInterface* system, int microseconds)
    {
        Thread.Sleep(TimeSpan.FromMicroseconds(Math.Max(0, microseconds)));
        return microseconds;
    }

    // The beginning of sqlite3_vfs, as https://www.sqlite.org/c3ref/vfs.html has had it since version 3.5.
    [StructLayout(LayoutKind.Sequential)]
    private struct SystemInterface
    {
        public int Version;
        public int FileSize;
        public int LongestPath;
        public nint Next;
        public nint Name;
        public nint Data;
        public nint Open;
        public nint Delete;
        public nint Access;
        public nint FullPathname;
        public nint LibraryOpen;
        public nint LibraryError;
        public nint LibrarySymbol;
        public nint LibraryClose;
        public nint Randomness;
        public delegate* unmanaged[Cdecl]<SystemInterface*, int, int> Sleep;
    }
}
