using System.Runtime.InteropServices;
using SharpFuzz;
using SharpFuzz.Common;
using Terse.Fuzz;

// The script `run` starts this program; CONTRIBUTING.md says how to fuzz.
switch (args)
{
    case ["unpack", var file, var folder]:
        Corpus.Unpack(file, folder);
        return 0;
    case ["pack", var folder, var file]:
        Corpus.Pack(folder, file);
        return 0;
    case [var name, .. var corpora] when FuzzedParsers.All.TryGetValue(name, out var check):
        // Edges that are reached only once in a process, for example when a table is built, say nothing about
        // an input. So the inputs of the corpus are checked first. Before the fuzzer gives its memory to the
        // program, the program counts edges in memory that nobody reads.
        unsafe
        {
            const int MapBytes = 1 << 16; // The size of the map of AFL, which SharpFuzz assumes.
            Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapBytes);
        }

        foreach (var input in corpora.SelectMany(Corpus.Read))
            check(input);
        Fuzzer.Run(stream => FuzzedParsers.CheckOnce(check, stream));
        return 0;
    default:
        await Console.Error.WriteLineAsync(
            "usage: Terse.Fuzz PARSER [CORPUS] <INPUT; Terse.Fuzz unpack FILE FOLDER; "
            + "Terse.Fuzz pack FOLDER FILE"
            + $"\nPARSER is one of {string.Join(", ", FuzzedParsers.All.Keys)}.");
        return 2;
}
