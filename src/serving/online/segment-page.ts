/** Candidates that need no model: what is popular in a segment (age band × region), or overall; of an unknown person's language first. */
import {
  ageBands,
  languages,
  regions,
  segmentCount,
  type CandidateBatch,
  type Catalogue,
  type Day,
} from "../../types.js";
import { userSegments } from "../logging-counts.js";
import { createServedPopularity } from "../retrieve/popularity.js";
import { sourceCode } from "../slates.js";
import type { ServingStore } from "../store.js";
import type { Profile } from "./contract.js";

/** Popular videos of the open day. */
export interface SegmentPages {
  refresh(day: Day): Promise<void>;
  /** For an account: its segment's, without what it has watched while there are enough others. */
  ofUser(user: number, atLeast: number): CandidateBatch;
  /** For a profile, as far as it is known. */
  ofProfile(profile: Profile): CandidateBatch;
}

const listLength = 500;

/** Opens them over a store. */
export function segmentPages(catalogue: Catalogue, store: ServingStore): SegmentPages {
  const bySegment = createServedPopularity({ catalogue, store, config: { by: "segment", listLength } });
  const overall = createServedPopularity({ catalogue, store, config: { by: "global", listLength } });
  // popularity is asked by user: anybody of the segment stands for it
  const memberOf = new Int32Array(segmentCount).fill(-1);
  userSegments(catalogue).forEach((segment, user) => {
    if (memberOf[segment] === -1) memberOf[segment] = user;
  });
  return {
    async refresh(day): Promise<void> {
      await bySegment.refresh(day);
      await overall.refresh(day);
    },
    ofUser(user, atLeast): CandidateBatch {
      const list = bySegment.popular(user);
      const unseen = list.filter((video) => !store.hasSeen(user, video));
      return candidatesOf(unseen.length >= atLeast ? unseen : list);
    },
    ofProfile({ ageBand, region, language }): CandidateBatch {
      const segment = ageBand && region && ageBands.indexOf(ageBand) * regions.length + regions.indexOf(region);
      const member = segment === undefined ? -1 : memberOf[segment]!;
      const list = member < 0 ? overall.popular(0) : bySegment.popular(member);
      if (language === undefined) return candidatesOf(list);
      const spoken = languages.indexOf(language);
      const own = (video: number): boolean => catalogue.videos.language[video] === spoken;
      return candidatesOf(Int32Array.from([...list.filter(own), ...list.filter((video) => !own(video))]));
    },
  };
}

function candidatesOf(video: Int32Array): CandidateBatch {
  return { count: 1, width: video.length, video, source: new Uint8Array(video.length).fill(sourceCode("popular")) };
}
